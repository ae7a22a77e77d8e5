import pytest

from infra.errors import InvalidDeployment
from tests.support.deployments import app_of, image, rendered, settings_of


def test_a_web_app_says_so_and_has_no_settings_of_function_apps() -> None:
    assert app_of("app_service").body["kind"] == "app,linux,container"
    assert "FUNCTIONS_EXTENSION_VERSION" not in settings_of("app_service")


def test_a_web_service_needs_its_port_and_little_more() -> None:
    assert settings_of("app_service", of=image({})) == {
        "WEBSITES_ENABLE_APP_SERVICE_STORAGE": "false",
        "WEBSITES_PORT": "8080",
        "WEBSITES_CONTAINER_START_TIME_LIMIT": "230",
        "WEBSITES_CONTAINER_STOP_TIME_LIMIT": "30",
    }


def test_microsofts_host_wants_a_function_app() -> None:
    with pytest.raises(InvalidDeployment, match="target functions"):
        rendered("app_service", of=image(host="azure_functions"))


def test_elastic_plans_are_for_functions() -> None:
    with pytest.raises(InvalidDeployment, match="There is no plan 'EP1' for this target"):
        rendered("app_service", sku="EP1")
