import json

import jsonschema
import pytest

from infra.contract import RegistryLogin, Scale, Secret, Size
from infra.errors import InvalidDeployment, UnsupportedTrigger
from infra.registry import target_named
from infra.targets.iot_edge import target
from tests.support.deployments import image, spec
from tests.support.iot_edge_schemas import MODULE, judge
from tests.support.kubernetes_objects import CONNECTIONS

LOGIN = RegistryLogin(server="r.example.com", username="me", password=Secret(variable="PW"))
DESIRED = "properties.desired"


def module_spec(**said):
    return spec("iot_edge", **{"settings": CONNECTIONS, **said})


def document(**said):
    (manifest,) = target.render(module_spec(**said))
    return manifest.body


def every_document():
    route = 'out=FROM /messages/modules/diabetes/outputs/* INTO BrokeredEndpoint("/modules/next/inputs/in")'
    everything = image({"blob": {}, "http": {}, "service_bus_queue": {}, "timer": {}})
    return [
        module_spec(),
        module_spec(of=everything, registry=LOGIN, routes=(route,), desired='{"level": 3}', startup_order=5),
        module_spec(
            of=image({}), host_port=9000, size=Size(cpu=0.5, memory=2**29), tags={"team": "ml"}, hub_ports=False
        ),
        module_spec(binds=("/data:/data",), settings={"TriggerConnectionString": "folder:/data"}),
    ]


@pytest.mark.parametrize("wanted", every_document(), ids=range(4))
def test_the_runtime_takes_it(wanted):
    judge(target.render(wanted)[0].body)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda agent: agent["modules"]["diabetes"].update(restartPolicy="on-failed"),
        lambda agent: agent["modules"]["diabetes"]["settings"].update(createOptions={}),
        lambda agent: agent["modules"]["diabetes"].update(restart="always"),
        lambda agent: agent.update(schemaVersion="1.2"),
        lambda agent: agent["systemModules"].pop("edgeHub"),
        lambda agent: agent["modules"]["diabetes"]["env"].update({"a.b": {"value": "x"}}),
    ],
)
def test_the_judge_sees_what_is_wrong(spoil):
    found = document()
    spoil(found["modulesContent"]["$edgeAgent"][DESIRED])
    with pytest.raises(jsonschema.ValidationError):
        judge(found)


def test_the_target_is_found_by_its_name():
    assert target_named("iot_edge") is target


def test_secrets_are_variables_only():
    files = target.export(module_spec(registry=LOGIN))
    assert list(files) == ["diabetes.deployment.template.json", "diabetes.fill.py"]
    text = files["diabetes.deployment.template.json"]
    agent = json.loads(text)["modulesContent"]["$edgeAgent"][DESIRED]
    assert agent["modules"]["diabetes"]["env"]["TriggerConnectionString"] == {"value": "${STORAGE}"}
    login = agent["runtime"]["settings"]["registryCredentials"]["diabetes"]
    assert login == {"username": "me", "password": "${PW}", "address": "r.example.com"}


def test_what_the_module_says_goes_to_the_cloud_unless_routes_are_given():
    hub = document()["modulesContent"]["$edgeHub"][DESIRED]
    assert hub["routes"] == {"diabetes-upstream": "FROM /messages/modules/diabetes/* INTO $upstream"}
    given = document(routes=("all=FROM /* INTO $upstream",))
    assert given["modulesContent"]["$edgeHub"][DESIRED]["routes"] == {"all": "FROM /* INTO $upstream"}


def test_a_layer_has_the_module_alone():
    found = document(layered=True, desired='{"level": 3}')
    content = found["content"]["modulesContent"]
    assert list(found) == ["content"]
    ((key, module),) = content["$edgeAgent"].items()
    assert key == "properties.desired.modules.diabetes"
    jsonschema.validate(module, MODULE)
    assert list(content["$edgeHub"]) == ["properties.desired.routes.diabetes-upstream"]
    assert content["diabetes"] == {DESIRED: {"level": 3}}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": "a b"}, "'a b' is none for a module"),
        ({"name": "edgeHub"}, "'edgeHub' is none for a module"),
        ({"settings": {}}, "needs the setting 'TriggerConnectionString'"),
        ({"scale": Scale(max_replicas=2)}, "runs a module once"),
        ({"routes": ("FROM /* INTO $upstream",)}, "write NAME=FROM"),
        ({"routes": ("a=FROM /* INTO nowhere",)}, "write NAME=FROM"),
        ({"desired": "[]"}, "must be a JSON object"),
        ({"desired": "{"}, "is no JSON"),
        ({"layered": True, "registry": LOGIN}, "A layer has no credentials"),
    ],
)
def test_what_cannot_be_is_refused(said, words):
    with pytest.raises(InvalidDeployment, match=words):
        document(**said)


def test_keys_need_a_place_on_a_device():
    keyed = image({"http": {}})
    with pytest.raises(InvalidDeployment, match="needs the setting 'AzureWebJobsStorage', a storage account in which"):
        document(of=keyed, settings={})
    folder = document(of=keyed, settings={"AzureWebJobsStorage": "folder:/data"}, binds=("/data:/data",))
    assert "AzureWebJobsSecretStorageType" not in str(folder)
    assert document(of=image({"http": {"auth_level": "anonymous"}}), settings={})


@pytest.mark.parametrize("triggers", [{"event_grid": {}}, {"blob": {"source": "EventGrid"}}])
def test_event_grid_reaches_no_device(triggers):
    with pytest.raises(UnsupportedTrigger, match="cannot call function"):
        document(of=image(triggers))


def test_event_grid_by_a_queue_does():
    assert document(of=image({"blob": {"source": "EventGrid", "event_queue": "events"}}))


@pytest.mark.parametrize("layered", [False, True])
@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"settings": {**CONNECTIONS, "K": Secret(variable="ST"), "PLAIN": "${ST}"}}, "The setting 'PLAIN'"),
        ({"settings": {**CONNECTIONS, "K": Secret(variable="ST")}, "desired": '{"a": [{"b": "${ST}"}]}'}, "One of"),
    ],
)
def test_a_text_that_a_secret_would_take_the_place_of_is_refused(layered, said, what):
    with pytest.raises(InvalidDeployment, match=rf"{what}.* is the text '\$\{{ST\}}'.* the variable 'ST'"):
        document(layered=layered, **said)


def test_so_is_one_of_the_login_and_no_other_text_is():
    login = RegistryLogin(server="r.example.com", username="${PW}", password=Secret(variable="PW"))
    with pytest.raises(InvalidDeployment, match=r"The registry's user is the text '\$\{PW\}'"):
        document(registry=login)
    assert document(registry=LOGIN, settings={**CONNECTIONS, "A": "${OTHER}", "B": "x ${PW}", "C": "${PW"})
