import os

import pytest

from function_host.errors import ConfigError
from function_host.settings import load_settings, process_count, publish


def test_the_environment_wins_over_local_settings(tmp_path):
    (tmp_path / "local.settings.json").write_text('{"Values": {"A": "file", "B": "file", "N": 1}}')
    settings = load_settings(tmp_path, {"A": "environment"})
    assert dict(settings) == {"A": "environment", "B": "file", "N": "1"}


def test_no_file_is_no_problem(tmp_path):
    assert dict(load_settings(tmp_path, {})) == {}


@pytest.mark.parametrize("text", ["{", "[]", '{"Values": 1}'])
def test_a_broken_file_is_named(tmp_path, text):
    (tmp_path / "local.settings.json").write_text(text)
    with pytest.raises(ConfigError, match=r"local\.settings\.json must be JSON"):
        load_settings(tmp_path, {})


def test_user_code_reads_settings_from_the_environment():
    publish({"FROM_A_SETTINGS_FILE": "x"})
    assert os.environ["FROM_A_SETTINGS_FILE"] == "x"


@pytest.mark.parametrize(("text", "count"), [("", 1), ("1", 1), (" 4 ", 4)])
def test_the_number_of_processes(text, count):
    assert process_count({"FUNCTIONS_WORKER_PROCESS_COUNT": text}) == count


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_a_number_of_processes_that_is_none(text):
    with pytest.raises(ConfigError, match=f"FUNCTIONS_WORKER_PROCESS_COUNT is '{text}'"):
        process_count({"FUNCTIONS_WORKER_PROCESS_COUNT": text})
