import pytest

from infra.errors import InvalidDeployment
from infra.platforms.local_values import resolved, text_of


def test_each_kind_of_value(monkeypatch):
    monkeypatch.setenv("MY_SECRET", "s")
    environment = {
        "PLAIN": "text",
        "SECRET": {"secret": "MY_SECRET"},
        "ACCOUNT": {"emulator": "storage"},
        "AT": {"front": "address"},
    }
    state = {"port": 81, "connections": {"storage": "UseDevelopmentStorage=true"}}

    assert resolved({"environment": environment}, state) == {
        "PLAIN": "text",
        "SECRET": "s",
        "ACCOUNT": "UseDevelopmentStorage=true",
        "AT": "127.0.0.1:81",
    }


def test_what_is_not_known_yet_is_empty_and_a_missing_secret_is_named(monkeypatch):
    monkeypatch.delenv("MY_SECRET", raising=False)

    assert text_of({"emulator": "storage"}, {}, wanted_by="setting A") == ""
    with pytest.raises(InvalidDeployment, match=r"The setting A is a secret in the environment variable MY_SECRET"):
        text_of({"secret": "MY_SECRET"}, {}, wanted_by="setting A")
