import json
import os

import pytest

from function_host.errors import ConfigError
from function_host.settings import (
    DRAIN_SECONDS,
    drain_seconds,
    load_settings,
    metrics_enabled,
    port,
    process_count,
    publish,
    share_metrics,
)


def test_the_environment_wins_over_local_settings(tmp_path):
    (tmp_path / "local.settings.json").write_text('{"Values": {"A": "file", "B": "file", "N": 1}}')
    settings = load_settings(tmp_path, {"A": "environment"})
    assert dict(settings) == {"A": "environment", "B": "file", "N": "1"}


def test_no_file_is_no_problem(tmp_path):
    assert dict(load_settings(tmp_path, {})) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", " is not JSON: .*line 1 column 2"),
        ("[]", " must hold a JSON object"),
        ('{"Values": 1}', r": \$\.Values must"),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, told):
    (tmp_path / "local.settings.json").write_text(text)
    with pytest.raises(ConfigError, match=rf"local\.settings\.json{told}"):
        load_settings(tmp_path, {})


def test_names_count_in_any_case(tmp_path):
    text = '{"values": {"functions_worker_process_count": 3, "A": "file"}} // on'
    (tmp_path / "local.settings.json").write_text(text)
    settings = load_settings(tmp_path, {"a": "environment"})
    assert process_count(settings) == 3
    assert settings["A"] == "environment"


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


def test_cors_of_the_local_file_is_that_of_the_settings(tmp_path):
    host = '{"Host": {"cors": "http://a/, http://b", "CORSCredentials": true}}'
    (tmp_path / "local.settings.json").write_text(host)
    settings = load_settings(tmp_path, {})
    assert json.loads(settings["CORS_ALLOWED_ORIGINS"]) == ["http://a", "http://b"]
    assert settings["FUNCTIONS_ENABLE_CORS_CONFIGURATION"] == "1"
    assert settings["CORS_SUPPORT_CREDENTIALS"].lower() == "true"


@pytest.mark.parametrize("host", ["{}", '{"CORS": ""}', '"x"'])
def test_without_origins_there_is_no_cors(tmp_path, host):
    (tmp_path / "local.settings.json").write_text(f'{{"Host": {host}}}')
    assert load_settings(tmp_path, {}) == {}


def test_a_drain_takes_as_long_as_the_setting_says():
    assert drain_seconds({}) == DRAIN_SECONDS
    assert drain_seconds({"FUNCTIONS_DRAIN_SECONDS": "90"}) == 90
    with pytest.raises(ConfigError, match="FUNCTIONS_DRAIN_SECONDS is '-1'; set it to a whole number of seconds"):
        drain_seconds({"FUNCTIONS_DRAIN_SECONDS": "-1"})


@pytest.mark.parametrize(("text", "enabled"), [("", True), ("true", True), ("False", False), (" 0 ", False)])
def test_numbers_are_told_unless_the_setting_says_no(text, enabled):
    assert metrics_enabled({"FUNCTIONS_METRICS_ENABLED": text}) is enabled


def test_several_processes_count_in_one_folder(tmp_path):
    share_metrics(tmp_path / "metrics")
    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == str(tmp_path / "metrics")
    assert (tmp_path / "metrics").is_dir()


@pytest.mark.parametrize(
    ("environment", "number"),
    [({}, 8080), ({"PORT": "80"}, 80), ({"WEBSITES_PORT": "81"}, 81), ({"PORT": "80", "WEBSITES_PORT": "81"}, 80)],
)
def test_a_platform_says_where_to_listen(environment, number):
    assert port(environment) == number


@pytest.mark.parametrize("text", ["http", "-1", "65536"])
def test_a_port_that_is_none_is_refused(text):
    with pytest.raises(ConfigError, match=f"WEBSITES_PORT is '{text}'; set it to a port"):
        port({"PORT": " ", "WEBSITES_PORT": text})
