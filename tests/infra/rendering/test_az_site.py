import json
import re

from infra.contract import RegistryLogin, Secret
from infra.registry import target_named
from tests.support.deployments import ELSEWHERE, image, settings_of, spec


def script(target: str, **said) -> str:
    return target_named(target).export(spec(target, **said))["deploy.sh"]


def settings_in(text: str) -> dict[str, str]:
    document = re.search(r"<<JSON\n(\{\n  \"WEBSITES.*?)\nJSON", text, re.S)
    assert document is not None
    return json.loads(document[1])


def test_the_script_sets_every_setting_of_the_app() -> None:
    for target in ("functions", "app_service"):
        assert settings_in(script(target)).keys() == settings_of(target).keys()


def taken_away(text: str) -> list[str]:
    found = re.search(r"--setting-names (.*) \\\n", text)
    assert found is not None
    return found[1].split()


def test_what_the_command_adds_by_itself_is_taken_away() -> None:
    added = {"AzureWebJobsStorage", "MACHINEKEY_DecryptionKey", "DOCKER_CUSTOM_IMAGE_NAME"}

    assert added <= set(taken_away(script("functions")))
    assert "AzureWebJobsStorage" not in taken_away(script("functions", keys=True))


def test_a_registry_with_a_password_gets_it_from_the_environment() -> None:
    login = RegistryLogin(username="puller", password=Secret(variable="PULL"))
    said = {"of": image(reference=ELSEWHERE), "registry": login}

    text = script("functions", **said)

    assert '--registry-password "${PULL}"' in text
    assert "--registry-server https://registry.example.org" in text
    assert '--container-registry-password "${PULL}"' in script("app_service", **said)


def test_what_has_no_flag_is_told_as_configuration() -> None:
    found = re.search(r'--generic-configurations "(.*?[^\\])"', script("functions"))
    assert found is not None
    document = json.loads(found[1].replace('\\"', '"'))

    assert document["acrUseManagedIdentityCreds"] is True
    assert document["healthCheckPath"] == "/admin/host/ping"
