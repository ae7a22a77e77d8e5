"""infra.app_settings"""

import os
from pathlib import Path

import pytest

from infra import app_run
from infra.app_settings import CONNECTIONS, AppSettings, app_functions, app_settings
from infra.errors import InvalidRunRequest
from tests.support import failed, runs


@pytest.fixture(autouse=True)
def no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CONNECTIONS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return failed.app_folder(tmp_path)


def test_an_ended_run_leaves_its_folder_as_the_account(app: Path) -> None:
    settings = app_settings(app)

    assert [settings.values[name] for name in CONNECTIONS] == [f"folder:{failed.storage_of(app)}"] * 2
    assert (settings.values["IN"], settings.host_id) == ("input", failed.HOST_ID)


def test_each_place_wins_over_the_one_before(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (app / "local.settings.json").write_text('{"Values": {"AzureWebJobsStorage": "from the file", "A": 1}}')
    values = app_settings(app).values
    assert (values["AzureWebJobsStorage"], values["A"]) == ("from the file", "1")

    running = runs.app_run(app, pid=os.getpid())
    app_run.save(running, app_run.data_folder(app))
    assert app_settings(app).values["AzureWebJobsStorage"] == running.storage

    monkeypatch.setenv("AzureWebJobsStorage", "from the environment")
    monkeypatch.setenv("AzureFunctionsWebHost__hostid", "chosen")
    settings = app_settings(app)
    assert (settings.values["AzureWebJobsStorage"], settings.host_id) == ("from the environment", "chosen")


def test_another_data_folder_may_be_named(app: Path, tmp_path: Path) -> None:
    (tmp_path / "other" / "storage").mkdir(parents=True)

    values = app_settings(app, data_dir=tmp_path / "other").values

    assert values["AzureWebJobsStorage"] == f"folder:{tmp_path / 'other' / 'storage'}"


def test_what_cannot_be_read_is_refused(app: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidRunRequest, match="none is no folder"):
        app_settings(tmp_path / "none")
    for text, told in (("[]", "must hold a JSON object"), ('{"Values": 5}', "must be of the form"), ("{", "not JSON")):
        (app / "local.settings.json").write_text(text)
        with pytest.raises(InvalidRunRequest, match=told):
            app_settings(app)


def test_comments_are_read_as_the_host_reads_them(app: Path) -> None:
    (app / "local.settings.json").write_text('{"values": { // ours\n"A": 1, "B": null, /* and */ "C": "//x",},}')

    values = app_settings(app).values

    assert (values["A"], values["B"], values["C"]) == ("1", "", "//x")


@pytest.mark.process
def test_functions_are_those_the_host_finds(app: Path) -> None:
    functions = app_functions(app_settings(app))

    assert [(one.name, one.trigger.type) for one in functions] == [
        ("one", "blobTrigger"), ("three", "timerTrigger"), ("two", "blobTrigger"),
    ]  # fmt: skip
    assert functions[0].trigger.option("path") == "input/{name}.txt"


@pytest.mark.process
def test_an_app_that_cannot_be_loaded_is_told_with_its_error(app: Path) -> None:
    (app / "function_app.py").write_text("import no_such_thing")

    with pytest.raises(InvalidRunRequest, match=r"(?s)cannot be listed.*No module named 'no_such_thing'"):
        app_functions(app_settings(app))


@pytest.mark.parametrize(
    ("values", "account"),
    [
        ({"AzureWebJobsStorage": "a", "TriggerConnectionString": "b"}, ""),
        ({"AzureWebJobsStorage__accountName": "a", "TriggerConnectionString": "b"}, ""),
        ({"TriggerConnectionString": "b"}, "TriggerConnectionString"),
        ({}, ""),
    ],
)
def test_the_hosts_own_account_is_the_triggers_where_it_has_none(values: dict[str, str], account: str) -> None:
    assert AppSettings(app=Path("app"), values=values, host_id="app").account == account
