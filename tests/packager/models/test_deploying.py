import warnings
from types import SimpleNamespace

import pytest

from packager import Model
from packager.models import deploying as module


@pytest.fixture
def asked(monkeypatch):
    """What whoever deploys was asked for."""
    calls = []
    desk = SimpleNamespace(deploy_models=lambda *args, **options: calls.append((args, options)) or "service")
    monkeypatch.setattr(module, "services", lambda: desk)
    return calls


def test_it_is_passed_on_with_a_warning(asked, monkeypatch):
    monkeypatch.delenv("AZUREML_LOG_DEPRECATION_WARNING_ENABLED", raising=False)

    with pytest.warns(FutureWarning, match=r"Model\.deploy"):
        found = Model.deploy("ws", "svc", ["m"], "script", "config", "target", True, True)  # noqa: FBT003

    assert found == "service"
    options = {"deployment_config": "config", "deployment_target": "target", "overwrite": True, "show_output": True}
    assert asked == [(("ws", "svc", ["m"], "script"), options)]


def test_the_warning_can_be_taken_away(asked, monkeypatch):
    monkeypatch.setenv("AZUREML_LOG_DEPRECATION_WARNING_ENABLED", "False")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Model.deploy("ws", "svc", [])

    assert len(asked) == 1
