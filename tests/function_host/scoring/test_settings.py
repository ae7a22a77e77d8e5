import json

import pytest

from function_host.scoring.errors import EntryScriptError
from function_host.scoring.settings import load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("SCORING_TIMEOUT_MS", "AML_CORS_ORIGINS", "SERVICE_NAME", "AZUREML_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_without_settings_there_are_defaults(tmp_path):
    settings = load_settings([tmp_path])
    assert (settings.timeout_ms, settings.cors_origins, settings.service_name) == (3600000, (), "ML service")


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text(json.dumps({"SCORING_TIMEOUT_MS": 10, "SERVICE_NAME": "file"}))
    monkeypatch.setenv("SERVICE_NAME", "environment")
    settings = load_settings([tmp_path])
    assert (settings.timeout_ms, settings.service_name) == (10, "environment")


def test_the_named_file_wins_over_those_in_the_folders(tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text('{"SERVICE_NAME": "found"}')
    (tmp_path / "named.json").write_text('{"SERVICE_NAME": "named"}')
    monkeypatch.setenv("AZUREML_CONFIG_FILE", str(tmp_path / "named.json"))
    assert load_settings([tmp_path]).service_name == "named"


def test_the_first_file_that_is_not_empty_counts(tmp_path):
    for name, text in (("a", ""), ("b", '{"SERVICE_NAME": "b"}'), ("c", '{"SERVICE_NAME": "c"}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(text)
    assert load_settings([tmp_path / name for name in ("none", "a", "b", "c")]).service_name == "b"


def test_a_file_of_somebody_else_changes_nothing(tmp_path):
    (tmp_path / "config.json").write_text('{"subscription_id": "x", "layers": [1], "SERVICE_NAME": null}')
    assert load_settings([tmp_path]) == load_settings([])


@pytest.mark.parametrize(("text", "sentence"), [("{", "must be a JSON file"), ("[]", "must be of the form")])
def test_a_file_that_is_no_object_is_refused_by_name(tmp_path, text, sentence):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(EntryScriptError, match=rf"config\.json .*{sentence}"):
        load_settings([tmp_path])


@pytest.mark.parametrize("value", ["soon", "-1", "0", ""])
def test_a_time_out_that_is_no_number_is_refused(value, monkeypatch):
    monkeypatch.setenv("SCORING_TIMEOUT_MS", value)
    with pytest.raises(EntryScriptError, match=f"SCORING_TIMEOUT_MS is '{value}'"):
        load_settings([])


def test_origins_are_listed_with_commas_and_checked(monkeypatch):
    monkeypatch.setenv("AML_CORS_ORIGINS", "http://a, http://b,")
    assert load_settings([]).cors_origins == ("http://a", "http://b")
    monkeypatch.setenv("AML_CORS_ORIGINS", "http://(")
    with pytest.raises(EntryScriptError, match="no regular expression"):
        load_settings([])
