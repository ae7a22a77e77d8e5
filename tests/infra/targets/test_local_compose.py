import json

import yaml

from infra.contract import Secret, Size
from infra.targets.local import target
from tests.support.deployments import image, spec

BUS = {"service_bus_queue": {"input_queue_name": "in", "output_queue_name": "out"}}


def files(**said):
    return target.export(spec("local", **said))


def test_an_app_with_azurite():
    (text,) = files(size=Size(cpu=0.5, memory=2**29)).values()
    document = yaml.safe_load(text)
    app = document["services"]["app"]

    assert "name" not in document, "Compose 1 refuses it"
    assert app["depends_on"] == ["azurite"]
    assert "http://azurite:10000/" in app["environment"]["TriggerConnectionString"]
    assert app["ports"] == ["127.0.0.1:${APP_PORT:-8080}:8080"]
    assert (app["read_only"], app["cpus"], app["mem_limit"]) == (True, 0.5, 2**29)
    assert document["services"]["azurite"]["volumes"] == ["azurite:/data"]
    assert document["services"]["azurite"]["ports"][0] == "127.0.0.1:${AZURITE_BLOB_PORT:-10000}:10000"
    assert document["volumes"] == {"azurite": {}}


def test_secrets_are_asked_for_and_dollars_stay_dollars():
    settings = {"KEY": Secret(variable="THE_KEY"), "PRICE": "$5", "DOCKER_REGISTRY_SERVER_USERNAME": "me"}
    text = files(settings=settings)["compose.yaml"]
    environment = yaml.safe_load(text)["services"]["app"]["environment"]

    assert environment["KEY"] == "${THE_KEY:?set it to the secret}"
    assert environment["PRICE"] == "$$5"
    assert "DOCKER_REGISTRY" not in text


def test_a_service_bus_brings_its_config():
    found = files(of=image(BUS))
    services = yaml.safe_load(found["compose.yaml"])["services"]

    assert {"app", "servicebus", "sql"} <= services.keys()
    assert "sb://servicebus" in services["app"]["environment"]["ServiceBusConnectionString"]
    assert json.loads(found["Config.json"])["UserConfig"]["Namespaces"]


def test_a_web_service_needs_nothing_else():
    document = yaml.safe_load(files(of=image({}))["compose.yaml"])

    assert [*document["services"]] == ["app"]
    assert "volumes" not in document


def test_an_image_of_others_is_not_locked_down():
    app = yaml.safe_load(files(of=image({}, host="azure_functions"))["compose.yaml"])["services"]["app"]

    assert "read_only" not in app
