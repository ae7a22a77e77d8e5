import pytest

from infra.contract import Secret
from infra.doctor_finding import error, known_settings, ok, plain, warning
from tests.support.deployments import spec

SETTINGS = {
    "Text": "1 ",
    "Here": Secret(variable="HERE"),
    "Gone": Secret(variable="GONE"),
    "Kept": Secret(vault_uri="https://team.vault.azure.net/secrets/k"),
}


@pytest.fixture
def wanted(monkeypatch):
    monkeypatch.setenv("HERE", "2")
    monkeypatch.delenv("GONE", raising=False)
    return spec("functions", settings=SETTINGS)


def test_known_is_what_is_text_or_in_the_environment(wanted):
    assert known_settings(wanted) == {"Text": "1 ", "Here": "2"}


@pytest.mark.parametrize(("name", "value"), [("TEXT", "1"), ("here", ""), ("none", "")])
def test_plain_is_no_secret(wanted, name, value):
    assert plain(wanted, name) == value


def test_levels():
    assert [each.level for each in (ok("a", "b"), warning("a", "b", "c"), error("a", "b"))] == [
        "ok",
        "warning",
        "error",
    ]
    assert warning("a", "b", "c").fix == "c"
