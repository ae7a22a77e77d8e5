from types import SimpleNamespace

import pytest

from infra.errors import InvalidDeployment, WebserviceFailed
from infra.webservices import making as module
from infra.webservices.aci import AciWebservice
from infra.webservices.local import LocalWebservice
from infra.webservices.making import image_name, make_room, packaged, record_of, run_it
from infra.webservices.records import Records
from packager import InvalidPackageRequest, ModelPackage


def test_an_image_is_made_where_its_place_can_have_it(cloud):
    assert packaged(None, "svc", ["m"], "script", "Local") == "docker:r.example/svc-1@sha256:0"
    assert packaged(None, "svc", ["m"], "script", "ACI") == "r.example/svc-2@sha256:0"
    assert [each[2] for each in cloud.made] == [
        {"image_name": "svc", "builder": "docker"},
        {"image_name": "svc", "publish_to": "r.example"},
    ]


def test_what_is_missing_is_told(cloud, monkeypatch):
    with pytest.raises(InvalidPackageRequest, match="'svc' needs an inference_config"):
        packaged(None, "svc", [], None, "Local")
    monkeypatch.delenv("PACKAGER_PUBLISH_TO")
    with pytest.raises(InvalidDeployment, match="PACKAGER_PUBLISH_TO"):
        packaged(None, "svc", [], "script", "AKS")


def test_images_by_any_name():
    assert image_name("r/x:1") == "r/x:1"
    assert image_name(ModelPackage(workspace=None, location="r/x@sha256:0")) == "r/x@sha256:0"
    assert image_name(SimpleNamespace(image_location="x:1")) == "docker:x:1"
    with pytest.raises(WebserviceFailed, match="is no image to deploy"):
        image_name(object())


def test_a_failure_is_remembered(cloud):
    records = Records(None)
    config = AciWebservice.deploy_configuration(primary_key="p", auth_enabled=True)
    record = run_it(records, record_of("svc", "broken:1", config, []), show_output=True)

    assert record.failure == "It never answered."
    assert records.get("svc").failure == "It never answered."
    assert record.keys[0] == "p"
    assert "primary_key" not in record.arguments


def test_a_name_that_is_taken(cloud):
    records = Records(None)
    make_room(records, "svc", "ACI", overwrite=False)
    run_it(records, record_of("svc", "r/x@sha256:0", AciWebservice.deploy_configuration(), []))

    with pytest.raises(WebserviceFailed, match="already a service with name svc"):
        make_room(records, "svc", "ACI", overwrite=False)
    make_room(records, "svc", "ACI", overwrite=True)
    assert "svc" in cloud.states
    make_room(records, "svc", LocalWebservice.compute, overwrite=True)
    assert cloud.states == {}


def test_what_is_refused_is_not_remembered(cloud, monkeypatch):
    records, config = Records(None), AciWebservice.deploy_configuration()
    run_it(records, record_of("old", "r/x@sha256:0", config, []))

    def refused(_: object) -> None:
        raise InvalidDeployment("Not so.")

    monkeypatch.setattr(module, "deployed_now", refused)
    for name in ("new", "old"):
        with pytest.raises(InvalidDeployment, match="Not so"):
            run_it(records, record_of(name, "r/y@sha256:0", config, []))

    assert records.find("new") is None
    assert (records.get("old").image, records.get("old").failure) == ("r/x@sha256:0", "Not so.")


def test_on_this_machine_a_name_is_for_all_workspaces(cloud):
    one, two = (Records(SimpleNamespace(name=name)) for name in ("one", "two"))
    run_it(one, record_of("svc", "r/x@sha256:0", LocalWebservice.deploy_configuration(), []))

    make_room(one, "svc", "Local", overwrite=True)
    make_room(two, "svc", "ACI", overwrite=False)
    for overwrite in (True, False):
        with pytest.raises(WebserviceFailed, match="The workspace one has a service svc on this machine already"):
            make_room(two, "svc", "Local", overwrite=overwrite)
