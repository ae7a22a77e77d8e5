import os
from dataclasses import replace
from pathlib import Path

import pytest

from infra import app_run
from infra.errors import NotRunning
from tests.support import runs


def test_saved_run_is_found_again(tmp_path: Path) -> None:
    run = runs.app_run(tmp_path, pid=os.getpid())

    app_run.save(run, tmp_path)

    assert app_run.find(tmp_path) == run


def test_only_the_owner_may_read_the_key(tmp_path: Path) -> None:
    app_run.save(runs.app_run(tmp_path), tmp_path)

    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600


def test_a_later_run_replaces_an_earlier_one(tmp_path: Path) -> None:
    app_run.save(runs.app_run(tmp_path, key="old"), tmp_path)
    app_run.save(runs.app_run(tmp_path, key="new", pid=os.getpid()), tmp_path)

    assert app_run.find(tmp_path).key == "new"


@pytest.mark.parametrize("content", [None, "", "{}", '{"app": "x"}', "[1]"])
def test_no_readable_file_means_not_running(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)

    with pytest.raises(NotRunning, match="No app runs with its data in"):
        app_run.find(tmp_path)


def test_an_ended_host_means_not_running(tmp_path: Path) -> None:
    no_process = 2**22 + 1
    app_run.save(runs.app_run(tmp_path, pid=no_process), tmp_path)

    with pytest.raises(NotRunning, match="its host has ended"):
        app_run.find(tmp_path)


def test_data_folder_lies_beside_the_app(tmp_path: Path) -> None:
    assert app_run.data_folder(tmp_path / "app") == tmp_path / "app.run"


def test_data_folder_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path / "app")

    assert app_run.data_folder(Path()) == tmp_path / "app.run"


def test_function_knows_its_trigger_output_and_key() -> None:
    http, blob = runs.function(runs.HTTP), runs.function(runs.BLOB)

    assert (http.trigger.type, http.output_path, http.needs_key) == ("httpTrigger", "", True)
    assert (blob.trigger.type, blob.output_path, blob.needs_key) == ("blobTrigger", "output/{blobname}_out.json", False)


def test_anonymous_function_needs_no_key() -> None:
    trigger = {**runs.HTTP["bindings"][0], "authLevel": "ANONYMOUS"}

    assert not runs.function(runs.HTTP, bindings=[trigger]).needs_key


def test_functions_are_found_by_trigger_in_any_case(tmp_path: Path) -> None:
    run = runs.app_run(tmp_path)

    assert [function.name for function in run.triggered_by("BLOBTRIGGER")] == ["score_blob"]


def test_the_packaged_sample_is_found(tmp_path: Path) -> None:
    assert app_run.packaged_sample(tmp_path, "sample_input") is None
    (tmp_path / "sample_input.bin").write_bytes(b"\xff")
    assert app_run.packaged_sample(tmp_path, "sample_input") == b"\xff"
    (tmp_path / "sample_input.json").write_bytes(b"[1]")
    assert app_run.packaged_sample(tmp_path, "sample_input") == b"[1]"


@pytest.mark.parametrize(("level", "key"), [("ANONYMOUS", ""), ("function", "k3y"), ("admin", "m4ster")])
def test_each_level_has_its_key(tmp_path: Path, level: str, key: str) -> None:
    function = runs.function(runs.HTTP, bindings=[{**runs.HTTP["bindings"][0], "authLevel": level}])

    assert replace(runs.app_run(tmp_path, function), master_key="m4ster").key_for(function) == key


@pytest.mark.parametrize(("methods", "read"), [(None, False), (["GET", "POST"], False), (["get"], True)])
def test_what_takes_no_events_is_only_read(methods: list[str] | None, read: bool) -> None:
    trigger = {**runs.HTTP["bindings"][0], **({"methods": methods} if methods else {})}

    assert runs.function(runs.HTTP, bindings=[trigger]).is_only_read is read
