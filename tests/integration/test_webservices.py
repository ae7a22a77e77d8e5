"""The retired web services, as an old notebook writes them, with a real engine."""

import json
import sys
import urllib.error
import urllib.request

import pytest

import packager.azureml
from packager import Environment, InferenceConfig, Model, Workspace
from tests.support import small_images

pytestmark = pytest.mark.docker

FAILING = "def init():\n    raise OSError('no model here')\n\n\ndef run(data):\n    return 1\n"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    # For the old imports, and for this test alone: others look whether azureml is installed.
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    packager.azureml.install()
    monkeypatch.setenv("PACKAGER_DEPLOYMENTS", str(tmp_path / "deployments"))
    monkeypatch.setenv("PACKAGER_PROVER", "memory")
    monkeypatch.setenv("AZUREML_LOG_DEPRECATION_WARNING_ENABLED", "False")
    yield Workspace(workspace_name="ws", registry=tmp_path / "models")
    for name in [name for name in sys.modules if name.partition(".")[0] == "azureml"]:
        del sys.modules[name]


@pytest.fixture
def config(tmp_path, python_base):
    def made(script: str, **variables: str) -> InferenceConfig:
        source = tmp_path / "source"
        source.mkdir(exist_ok=True)
        (source / "score.py").write_text(script)
        environment = Environment("service", environment_variables=variables)
        environment.docker.base_image = python_base
        return InferenceConfig(entry_script="score.py", source_directory=str(source), environment=environment)

    return made


@pytest.mark.usefixtures("docker_engine")
def test_a_local_web_service_from_deploy_to_delete(workspace, config, tmp_path):
    from azureml.core.webservice import LocalWebservice, Webservice
    from azureml.exceptions import WebserviceException

    (tmp_path / "m.txt").write_text("7")
    model = Model.register(workspace, tmp_path / "m.txt", "m")
    script = small_images.SCRIPT.format(version=1)

    service = Model.deploy(
        workspace, "diabetes", [model], config(script), LocalWebservice.deploy_configuration(), show_output=True
    )
    service.wait_for_deployment(show_output=True)

    assert isinstance(service, LocalWebservice)
    assert service.state == "running"
    assert service.scoring_uri == f"http://127.0.0.1:{service.port}/score"
    assert service.run(json.dumps({"data": [1, 2]})) == {"sum": 3, "version": 1, "greeting": ""}
    assert json.loads(urllib.request.urlopen(service.swagger_uri, timeout=10).read())["swagger"] == "2.0"
    with pytest.raises(WebserviceException, match="Response Code: 500"):
        service.run("no JSON")
    assert "JSONDecodeError" in service.get_logs()
    assert [each.name for each in LocalWebservice.list(workspace)] == ["diabetes"]
    assert isinstance(workspace.webservices["diabetes"], LocalWebservice)
    with pytest.raises(WebserviceException, match="already a service with name diabetes"):
        Model.deploy(workspace, "diabetes", [model], config(script), LocalWebservice.deploy_configuration())

    port = service.port
    service.update(inference_config=config(small_images.SCRIPT.format(version=2)), models=[model], wait=True)
    assert service.run('{"data": []}')["version"] == 2
    assert service.port == port
    (tmp_path / "source" / "score.py").write_text(small_images.SCRIPT.format(version=3))
    service.reload(wait=True)
    assert Webservice(workspace, "diabetes").run('{"data": []}')["version"] == 3

    service.update(inference_config=config(FAILING))
    with pytest.raises(WebserviceException, match="no model here"):
        service.wait_for_deployment()
    assert service.run('{"data": []}')["version"] == 3

    service.delete(delete_image=True)
    assert service.state == "deleted"
    with pytest.raises(WebserviceException, match=r"Cannot call run\(\) when service is deleted\."):
        service.run("")
    with pytest.raises(WebserviceException, match="WebserviceNotFound"):
        Webservice(workspace, "diabetes")


def test_keys_of_a_service_are_asked_for(docker_engine, python_base, tmp_path):
    """What AciWebservice and AksWebservice tell the container when auth_enabled is on."""
    from infra.contract import Secret
    from infra.deploying import deploy, specify, undeploy

    name = small_images.app_image(docker_engine, python_base, tmp_path / "source", "webservice-keys:1", {})
    key = {"AML_SERVICE_PRIMARY_KEY": Secret(variable="THE_KEY")}
    spec = specify(f"docker:{name}", "local", name="keys", settings=key, folder=str(tmp_path / "place"))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("THE_KEY", "open sesame")
            url = deploy(spec).url
        answers = [_status(f"{url}{path}", key) for path, key in (("/score", ""), ("/score", "open sesame"), ("/", ""))]
    finally:
        undeploy(spec)
        docker_engine.client.images.remove(name, force=True)

    assert answers == [401, 200, 200]


def test_it_warns_that_there_is_a_newer_way(workspace, config, monkeypatch):
    from azureml.core.webservice import AciWebservice
    from azureml.exceptions import WebserviceException

    monkeypatch.setenv("AZUREML_LOG_DEPRECATION_WARNING_ENABLED", "True")
    script = config("def init(): ...\ndef run(data): ...\n")
    place = AciWebservice.deploy_configuration(cpu_cores=1, memory_gb=1)

    with (
        pytest.warns(FutureWarning, match=r"Model\.deploy"),
        pytest.raises(WebserviceException, match="PACKAGER_PUBLISH_TO"),
    ):
        Model.deploy(workspace, "cloud", [], script, place)


def _status(url: str, key: str) -> int:
    body = None if url.endswith("/") else b'{"data": []}'
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers), timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
