from types import SimpleNamespace

import pytest

from infra.errors import DeploymentBusy, PlatformUnavailable, WebserviceFailed
from infra.webservices import AciWebservice, AksWebservice, LocalWebservice, Webservice, deploy_models, services_of

ACI = AciWebservice.deploy_configuration


@pytest.fixture
def service(cloud):
    return deploy_models(None, "svc", ["m:1"], "script", deployment_config=ACI(tags={"a": "1"}, properties={"p": "1"}))


def test_it_is_found_as_what_it_is(service):
    found = Webservice(None, "svc")

    assert type(found) is AciWebservice
    assert repr(found) == "AciWebservice(workspace=None, name=svc, state=Healthy, compute_type=ACI)"
    with pytest.raises(WebserviceFailed, match="is one of ACI, not of AKS"):
        AksWebservice(None, "svc")
    with pytest.raises(WebserviceFailed, match="WebserviceNotFound"):
        Webservice(None, "gone")
    with pytest.raises(AttributeError, match="has no attribute 'colour'"):
        _ = found.colour


def test_lists_are_filtered(service):
    deploy_models(None, "two", ["n:1"], "script", deployment_config=LocalWebservice.deploy_configuration())

    def names(**given):
        return [each.name for each in Webservice.list(None, **given)]

    assert names() == ["svc", "two"]
    assert names(compute_type="aci") == names(tags=["a"]) == names(tags=[["a", "1"]]) == ["svc"]
    assert names(model_name="n") == names(model_id="n:1") == names(image_name="two-2") == ["two"]
    assert names(properties={"p": "2"}) == names(image_digest="sha256:9") == []
    assert [*services_of(None)] == ["svc", "two"]
    assert services_of(SimpleNamespace(name="other")) == {}


def test_outcomes_are_told(service, cloud, capsys):
    service.wait_for_deployment(show_output=True)
    assert capsys.readouterr().out == 'ACI service creation operation finished, operation "Succeeded"\n'

    service.update(image="broken:1")
    with pytest.raises(WebserviceFailed, match=r"state: Failed\nOperation ID: svc@.*\n.*get_logs.*\nError:\nIt never"):
        service.wait_for_deployment(show_output=True)
    assert service.error == {"message": "It never answered."}
    assert 'operation "Failed"' in capsys.readouterr().out
    cloud.states["svc"] = "deploying"
    service.update_deployment_state()
    with pytest.raises(WebserviceFailed, match="timed out after 0 seconds, current service state: Transitioning"):
        service.wait_for_deployment(timeout_sec=0)


def test_tags_and_properties(service):
    service.add_tags({"b": 2})
    service.remove_tags(["a", "never"])
    service.add_properties({"p": "2", "q": "3"})

    assert service.tags == {"b": "2"}
    assert Webservice(None, "svc").properties == {"p": "1", "q": "3"}


def test_it_is_written_down_without_keys(service):
    service.update(auth_enabled=True)
    written = service.serialize()

    assert (written["computeType"], written["authEnabled"]) == ("ACI", True)
    assert not any(key in str(written) for key in service.get_keys())
    assert Webservice.deserialize(None, written).name == "svc"


def test_it_is_deleted(service, cloud):
    service.delete()

    assert cloud.states == {}
    assert (service.state, service.scoring_uri, service.swagger_uri) == ("Failed", None, None)
    with pytest.raises(WebserviceFailed, match="has no address"):
        service.run("")


def test_it_is_called_at_its_address(service, cloud):
    assert service.get_logs(num_lines=3) == "first line\n3 lines asked"
    with pytest.raises(WebserviceFailed, match=r"http://127\.0\.0\.1:1/score does not answer"):
        service.run("body")


def test_the_older_ways_to_deploy(cloud, capsys):
    old = SimpleNamespace(inference_config=lambda folder: "script")

    Webservice.deploy(None, "one", ["file"], old, ACI())
    Webservice.deploy_from_model(None, "two", ["m"], old)
    Webservice.deploy_from_image(None, "three", "r/x@sha256:0")
    local = Webservice.deploy_local_from_model(None, "four", ["m"], old, wait=True)

    assert isinstance(local, LocalWebservice)
    assert [*cloud.states] == ["one", "two", "three", "four"]
    Webservice.check_for_existing_webservice(None, "five")
    Webservice.check_for_existing_webservice(None, "four", overwrite=True)
    with pytest.raises(WebserviceFailed, match="already a service"):
        Webservice.check_for_existing_webservice(None, "four")


def test_a_place_that_does_not_answer_is_in_nobodys_way(service, cloud, monkeypatch):
    def gone(spec):
        raise PlatformUnavailable("No answer.")

    monkeypatch.setattr(cloud, "status", gone)
    monkeypatch.setattr(cloud, "remove", gone)
    (found,) = Webservice.list(None)

    assert (found.state, found.error) == ("Failed", {"message": "No answer."})
    with pytest.raises(PlatformUnavailable):
        found.update_deployment_state()
    with pytest.warns(UserWarning, match="packager deploy delete --target container_instances --name svc"):
        found.delete()
    assert Webservice.list(None) == []


def test_one_that_is_being_changed_is_not_forgotten(service, cloud, monkeypatch):
    def busy(spec):
        raise DeploymentBusy("Wait.")

    monkeypatch.setattr(cloud, "remove", busy)
    with pytest.raises(DeploymentBusy):
        service.delete()

    assert Webservice(None, "svc").state == "Healthy"


def test_an_update_that_is_refused_leaves_what_was_there(service, cloud, monkeypatch):
    def gone(spec):
        cloud.states["svc"] = "deploying"
        raise PlatformUnavailable("No answer.")

    monkeypatch.setattr(cloud, "apply", gone)
    with pytest.raises(PlatformUnavailable):
        service.update(image="r/y@sha256:0")

    assert (service.state, service.error) == ("Transitioning", {"message": "No answer."})
    assert service.image_id == "r.example/svc-1@sha256:0"
