import pytest

from infra.errors import WebserviceFailed
from infra.webservices import LocalWebservice, deploy_models
from infra.webservices import ingredients as ingredients_module


@pytest.fixture
def service(cloud):
    config = LocalWebservice.deploy_configuration(port=8890)
    cloud.url = "http://127.0.0.1:8890"
    return deploy_models(None, "svc", ["m:1"], "script", deployment_config=config)


def test_it_runs_on_this_machine(service, cloud, capsys):
    service.wait_for_deployment(show_output=True)

    assert (service.state, service.port) == ("running", 8890)
    assert service.scoring_uri == "http://127.0.0.1:8890/score"
    assert service.swagger_uri == "http://127.0.0.1:8890/swagger.json"
    assert cloud.specs["svc"].options.port == 8890
    assert cloud.made[0][2] == {"image_name": "svc", "builder": "docker"}
    assert capsys.readouterr().out == "Local webservice is running at http://127.0.0.1:8890/score\n"
    assert service.get_logs(7, raw=True) == "first line\n7 lines asked"
    assert service.serialize()["port"] == 8890
    assert LocalWebservice.deserialize(None, service.serialize()).port == 8890


def test_there_are_no_keys(service):
    for call in (service.get_keys, lambda: service.regen_key("Primary"), service.get_token):
        with pytest.raises(NotImplementedError, match="Local webservices do not support"):
            call()


def test_states_decide_what_may_be_called(service, cloud):
    cloud.states["svc"] = "failed"
    service.update_deployment_state()
    with pytest.raises(WebserviceFailed, match=r"Cannot call run\(\) when service is failed\."):
        service.run("")
    with pytest.raises(WebserviceFailed, match="Container did not come up"):
        service.wait_for_deployment()
    cloud.states.clear()
    with pytest.raises(WebserviceFailed, match="nothing runs under the name svc"):
        service.update_deployment_state(must_exist=True)
    assert service.state == "unknown"
    service.delete()
    assert service.state == "deleted"
    with pytest.raises(WebserviceFailed, match=r"Cannot call get_logs\(\) when service is deleted\."):
        service.get_logs()


def test_updates(service, cloud):
    service.update(models=["m:2"], wait=True)
    service.update(deployment_config=LocalWebservice.deploy_configuration(port=9))
    service.reload(wait=True)

    assert [each[0] for each in cloud.made] == [["m:1"], ["m:2"], ["m:2"]]
    assert cloud.specs["svc"].options.port == 9


def test_another_process_does_not_know_the_script(service, monkeypatch):
    monkeypatch.setattr(ingredients_module, "_known", {})

    for call in (service.reload, lambda: service.update(models=["m:2"]), service.deploy_to_cloud):
        with pytest.raises(WebserviceFailed, match="made by another process"):
            call()


def test_the_same_in_a_cloud(service, cloud):
    copy = service.deploy_to_cloud("above")

    assert (copy.compute_type, copy.models) == ("ACI", ["m:1"])
    assert [*cloud.states] == ["svc", "above"]


def test_those_that_run_are_listed(service, cloud):
    cloud.states.clear()

    assert LocalWebservice.list(None) == []
    assert [each.name for each in LocalWebservice.list(None, all=True)] == ["svc"]


def test_one_that_need_not_exist(cloud):
    assert LocalWebservice(None, "new", must_exist=False).state == "unknown"
    with pytest.raises(WebserviceFailed, match="WebserviceNotFound"):
        LocalWebservice(None, "new")


@pytest.mark.parametrize("port", [0, 65536, "8890"])
def test_a_port_that_is_none(port):
    with pytest.raises(WebserviceFailed, match="must be a whole number from 1 to 65535"):
        LocalWebservice.deploy_configuration(port)
