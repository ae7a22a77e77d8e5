import pytest

import infra
from infra.contract import AppImage
from infra.errors import InvalidDeployment
from tests.support.deployments import every_deployment, image, spec
from tests.support.kubernetes_objects import every_cluster_deployment


def test_errors_come_first_and_nothing_is_raised():
    settings = {"TriggerConnectionString": "folder:/x", "PORT": "many"}
    found = infra.doctor(spec("functions", settings=settings))
    levels = [each.level for each in found]
    assert levels == sorted(levels, key=("error", "warning", "ok").index)
    assert {"error", "ok"} <= set(levels)
    assert {each.check for each in found} >= {"storage", "port", "architecture", "patterns"}


def test_a_web_service_needs_no_account():
    assert {each.level for each in infra.doctor(spec("container_apps", of=image({})))} == {"ok"}


def test_there_must_be_an_image():
    with pytest.raises(InvalidDeployment, match="names no image"):
        infra.doctor(spec("functions", of=AppImage(reference="")))


def test_whatever_is_deployed_can_be_looked_at(monkeypatch):
    for variable in ("STORAGE", "BUS", "API_KEY_OF_THE_APP"):
        monkeypatch.delenv(variable, raising=False)
    for each in (*every_deployment(), *every_cluster_deployment()):
        found = infra.doctor(each)
        wrong = [one for one in found if one.level == "error"]
        assert [one.check for one in wrong] == ["settings"] * len(wrong), wrong
        assert all("environment variable" in one.message for one in wrong)
