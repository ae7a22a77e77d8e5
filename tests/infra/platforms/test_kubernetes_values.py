import base64
import json

import pytest

from infra.contract import RegistryLogin, Secret
from infra.errors import InvalidDeployment
from infra.platforms.kubernetes_values import body_of, is_made_once
from tests.support.deployments import image
from tests.support.kubernetes_objects import CONNECTIONS, objects

VALUES = {"STORAGE": "AccountName=a", "BUS": "sb", "PW": "hidden-pw"}


def decoded(text):
    return base64.b64decode(text).decode()


def test_settings_have_what_the_environment_holds():
    found = body_of(objects()["Secret/diabetes-settings"], None, VALUES)
    assert {key: decoded(value) for key, value in found["data"].items()} == {
        name: VALUES[each.variable] for name, each in CONNECTIONS.items()
    }
    assert "stringData" not in found


def test_a_setting_that_is_taken_out_is_not_kept():
    found = body_of(objects()["Secret/diabetes-settings"], {"data": {"GONE": "eA=="}}, VALUES)
    assert "GONE" not in found["data"]


def test_a_registry_login_is_one_document():
    login = RegistryLogin(server="r.example.com", username="me", password=Secret(variable="PW"))
    found = body_of(objects(registry=login)["Secret/diabetes-registry"], None, VALUES)
    (known,) = json.loads(decoded(found["data"][".dockerconfigjson"]))["auths"].values()
    assert known == {"username": "me", "password": "hidden-pw", "auth": base64.b64encode(b"me:hidden-pw").decode()}


def test_keys_are_made_once_and_those_that_people_added_stay():
    manifest = objects(of=image({"http": {}}))["Secret/diabetes-keys"]
    one, two = (body_of(manifest, None, {})["data"] for _ in range(2))
    assert one["host.master"] != two["host.master"]
    kept = {**one, "functions.score.mine": "bWluZQ=="}
    assert body_of(manifest, {"data": kept}, {})["data"] == kept


def test_a_secret_that_is_not_set():
    with pytest.raises(InvalidDeployment, match="'STORAGE' holds a secret"):
        body_of(objects()["Secret/diabetes-settings"], None, {})


def test_only_keys_are_made_once():
    found = objects(of=image({"http": {}}))
    made = [name for name, each in found.items() if is_made_once(each)]
    assert made == ["Secret/diabetes-keys"]


def test_other_objects_are_as_they_are():
    manifest = objects()["Service"]
    assert body_of(manifest, None, {}) == manifest.body
