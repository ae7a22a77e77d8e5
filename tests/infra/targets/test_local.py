import pytest

from infra.contract import RegistryLogin, Secret, Size
from infra.errors import InvalidDeployment
from tests.support.deployments import image, rendered, spec

BUS = {"service_bus_queue": {"input_queue_name": "in", "output_queue_name": "out"}}
OTHERS = image({}, host="azure_functions", reference="other:1")


def container(**said):
    return rendered("local", **said)["container/diabetes"].body


def test_an_app_with_a_blob_trigger():
    documents = rendered("local")
    body = documents["container/diabetes"].body

    assert [*documents] == ["front/diabetes", "container/diabetes"]
    assert documents["container/diabetes"].after == ("front/diabetes",)
    assert (body["network"], body["is_own"], body["ready_path"]) == ("host", True, "/health/ready")
    assert (body["start_limit"], body["stop_limit"]) == (230, 5)
    environment = body["environment"]
    assert environment["TriggerConnectionString"] == environment["AzureWebJobsStorage"] == "folder:/place/storage"
    assert environment["APPSETTING_AzureWebJobsStorage"] == "folder:/place/storage"
    assert environment["WEBSITE_SITE_NAME"] == "diabetes"
    assert environment["WEBSITE_HOSTNAME"] == {"front": "address"}
    assert environment["FUNCTIONS_DRAIN_SECONDS"] == "4"
    assert len(environment["WEBSITE_INSTANCE_ID"]) == 64


def test_settings_are_kept_and_the_registrys_are_withheld():
    settings = {
        "GREETING": "hi",
        "API_KEY": Secret(variable="THE_KEY"),
        "DOCKER_REGISTRY_SERVER_URL": "https://r.example",
        "DOCKER_REGISTRY_SERVER_USERNAME": "me",
        "DOCKER_REGISTRY_SERVER_PASSWORD": Secret(variable="PASSWORD"),
        "TriggerConnectionString": "UseDevelopmentStorage=true",
        "WEBSITES_PORT": "8000",
        "WEBSITES_CONTAINER_START_TIME_LIMIT": "600",
    }
    body = container(settings=settings, size=Size(cpu=1.5, memory=2**30), tags={"team": "a"})
    environment = body["environment"]

    assert environment["GREETING"] == environment["APPSETTING_GREETING"] == "hi"
    assert environment["API_KEY"] == {"secret": "THE_KEY"}
    assert environment["TriggerConnectionString"] == "UseDevelopmentStorage=true"
    assert not any("DOCKER_REGISTRY" in name for name in environment)
    assert body["registry"] == {
        "server": "https://r.example", "username": "me", "password": {"secret": "PASSWORD"},
    }  # fmt: skip
    assert (body["port"], body["start_limit"], body["cpu"], body["memory"]) == (8000, 600, 1.5, 2**30)
    assert body["labels"] == {"team": "a"}


def test_who_pulls_may_be_said_apart():
    login = RegistryLogin(server="r", username="u", password=Secret(variable="P"))

    assert container(registry=login)["registry"] == {"server": "r", "username": "u", "password": {"secret": "P"}}


def test_what_no_setting_connects_is_connected_to_emulators():
    documents = rendered("local", of=image({"blob": {}, **BUS}), storage="azurite")
    emulators, body = documents["emulators/diabetes"].body, documents["container/diabetes"].body

    assert emulators["storage"] is True
    (namespace,) = emulators["service_bus"]["UserConfig"]["Namespaces"]
    assert {each["Name"] for each in namespace["Queues"]} == {"in", "out"}
    assert body["environment"]["ServiceBusConnectionString"] == {"emulator": "service_bus"}
    assert body["environment"]["TriggerConnectionString"] == {"emulator": "storage"}
    given = {"ServiceBusConnectionString": Secret(variable="BUS")}
    assert "emulators/diabetes" not in rendered("local", of=image(BUS), settings=given)


def test_an_image_of_others():
    body = container(of=OTHERS, health_check_path="/well")

    assert (body["network"], body["is_own"], body["ready_path"], body["must_succeed"]) == (
        "bridge", False, "/well", True,
    )  # fmt: skip
    assert container(of=OTHERS)["must_succeed"] is False
    assert "FUNCTIONS_SECRETS_PATH" not in body["environment"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"of": image(reference="oci:folder")}, "'docker load'"),
        ({"name": "Diabetes"}, "The name 'Diabetes' cannot be used"),
        ({"settings": {"A": Secret(vault_uri="https://v")}}, "The setting A is in a key vault"),
        ({"settings": {"DOCKER_REGISTRY_SERVER_PASSWORD": "p"}}, "must be a secret"),
        ({"settings": {"WEBSITES_PORT": "http"}}, "'http'; it must be a port"),
        ({"settings": {"WEBSITES_PORT": Secret(variable="P")}}, "is no secret"),
        ({"settings": {"WEBSITES_CONTAINER_STOP_TIME_LIMIT": "121"}}, "seconds from 1 to 120"),
        ({"of": image(host="azure_functions")}, "takes no folder for an account"),
        ({"of": image(BUS), "network": "bridge"}, "Emulators listen on 127.0.0.1"),
    ],
)
def test_what_cannot_be_deployed_is_refused(said, told):
    with pytest.raises(InvalidDeployment, match=told):
        rendered("local", **said)


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"storage": "cloud"}, "not one of folder, azurite"),
        ({"network": "none"}, "not one of auto, bridge, host"),
        ({"port": 70000}, "port=70000"),
        ({"health_check_path": "well"}, "begin with a slash"),
        ({"health_check_failures": 0}, "greater than 0"),
    ],
)
def test_options_are_checked(option, told):
    with pytest.raises(InvalidDeployment, match=told):
        spec("local", **option)


def test_options_of_another_target_are_refused():
    with pytest.raises(InvalidDeployment, match="takes LocalOptions"):
        rendered_with_foreign_options()


def rendered_with_foreign_options():
    from dataclasses import replace

    from infra.targets.local import target

    return target.render(replace(spec("local"), options=spec("container_instances").options))
