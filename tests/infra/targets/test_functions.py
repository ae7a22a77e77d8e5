import pytest

from infra.contract import AppFunction
from infra.errors import InvalidDeployment, UnsupportedTrigger
from infra.targets import functions
from tests.support.deployments import app_of, image, rendered, settings_of
from triggers.contract import Binding, TriggerAdapter


def test_a_function_app_says_so() -> None:
    assert app_of("functions").body["kind"] == "functionapp,linux,container"
    assert settings_of("functions")["FUNCTIONS_EXTENSION_VERSION"] == "~4"


def test_both_hosts_may_be_in_it() -> None:
    for host in ("functions", "azure_functions"):
        assert rendered("functions", of=image(host=host))


def test_a_web_service_is_no_function_app() -> None:
    with pytest.raises(InvalidDeployment, match="functions_enabled=True"):
        rendered("functions", of=image({}))


def test_a_trigger_that_azure_does_not_know_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    strange = TriggerAdapter(
        name="pigeon", binding_type="pigeonTrigger", extension="", options=dict, listen=lambda _: None, portable=False
    )
    monkeypatch.setattr(functions, "by_binding_type", lambda _: strange)
    binding = Binding(type="pigeonTrigger", name="p", direction="in")
    app = image(functions=(AppFunction(name="fly", trigger=binding),), connections={})

    with pytest.raises(UnsupportedTrigger, match="pigeonTrigger of function 'fly'"):
        rendered("functions", of=app)
