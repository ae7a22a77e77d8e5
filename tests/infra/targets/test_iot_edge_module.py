import json

import pytest

from infra.contract import RegistryLogin, Secret, Size
from infra.errors import InvalidDeployment
from infra.targets.iot_edge_module import credentials, module, placeholder, system_modules
from infra.targets.iot_edge_options import IotEdgeOptions
from tests.support.deployments import image, spec
from tests.support.kubernetes_objects import CONNECTIONS

VAULT = Secret(vault_uri="https://team.vault.azure.net/secrets/k")


def made(**said):
    wanted = spec("iot_edge", **{"settings": CONNECTIONS, **said})
    return module(wanted, wanted.options)


def created(**said):
    return json.loads(made(**said)["settings"].get("createOptions", "{}"))


def test_it_runs_always_and_shares_its_ledgers_with_its_later_versions():
    found = made(startup_order=3, image_pull_policy="never")
    assert (found["restartPolicy"], found["status"], found["startupOrder"]) == ("always", "running", 3)
    assert found["imagePullPolicy"] == "never"
    assert found["env"]["AzureFunctionsWebHost__hostid"] == {"value": "diabetes"}


def test_the_container_is_told_in_a_text_of_json():
    assert "createOptions" not in made()["settings"]
    found = created(binds=("/d:/data",), host_port=9000, size=Size(cpu=0.5, memory=2**29), tags={"team": "ml"})
    assert found == {
        "HostConfig": {
            "Binds": ["/d:/data"], "PortBindings": {"8080/tcp": [{"HostPort": "9000"}]}, "Memory": 2**29,
            "NanoCpus": 500_000_000,
        },
        "Labels": {"team": "ml"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"binds": ("data:/data",)}, "write /on/device:/in/module"),
        ({"of": image({}), "settings": {"a.b": "x"}}, "'a.b' cannot stand"),
        ({"of": image({}), "settings": {"a": "x" * 5000}}, "5000 bytes"),
        ({"of": image({}), "settings": {"a": VAULT}}, "is in a vault"),
    ],
)
def test_what_a_twin_does_not_take(said, words):
    with pytest.raises(InvalidDeployment, match=words):
        made(**said)


def test_the_runtimes_own_modules():
    found = system_modules(IotEdgeOptions(agent_image="a", hub_image="h"))
    assert found["edgeAgent"]["settings"]["image"] == "a"
    assert '"8883/tcp"' in found["edgeHub"]["settings"]["createOptions"]
    assert system_modules(IotEdgeOptions(hub_ports=False))["edgeHub"]["settings"]["createOptions"] == "{}"


def test_credentials():
    assert credentials(spec("iot_edge")) == {}
    login = RegistryLogin(username="me", password=Secret(variable="PW"))
    assert credentials(spec("iot_edge", registry=login))["diabetes"] == {
        "username": "me", "password": "${PW}", "address": "teamimages.azurecr.io"
    }  # fmt: skip
    with pytest.raises(InvalidDeployment, match="has no password"):
        credentials(spec("iot_edge", registry=RegistryLogin(username="me")))


def test_a_placeholder_names_a_variable():
    assert placeholder("It", Secret(variable="V")) == "${V}"
    with pytest.raises(InvalidDeployment, match="It is in a vault"):
        placeholder("It", VAULT)
