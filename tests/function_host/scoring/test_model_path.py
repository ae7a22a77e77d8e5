from pathlib import Path

import pytest

from function_host.scoring.model_path import ModelNotFoundException, get_model_path, model_listing


@pytest.fixture
def models(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("AML_APP_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for version in ("1", "2", "10"):
        folder = tmp_path / "azureml-models" / "m" / version
        folder.mkdir(parents=True)
        (folder / "model.joblib").write_text(version)
    return tmp_path / "azureml-models"


@pytest.mark.parametrize(("version", "found"), [(None, "10"), (2, "2")])
def test_the_newest_version_or_the_one_that_is_asked_for(models, version, found):
    assert Path(get_model_path("m", version)).read_text() == found


def test_a_file_beside_the_script_is_the_last_resort(models):
    Path("other.pkl").write_text("x")
    assert get_model_path("other.pkl") == "other.pkl"


@pytest.mark.parametrize(("name", "version"), [("none", None), ("m", 3)])
def test_a_missing_model_is_named_with_those_there_are(models, name, version):
    with pytest.raises(ModelNotFoundException, match="there are: m:1, m:10, m:2"):
        get_model_path(name, version)


def test_a_version_is_a_number(models):
    with pytest.raises(ModelNotFoundException, match="version should be an int"):
        get_model_path("m", "2")


def test_two_files_are_no_model(models):
    (models / "m" / "2" / "other").write_text("")
    with pytest.raises(ModelNotFoundException, match="it holds 2"):
        get_model_path("m", 2)


def test_the_listing_names_files_and_counts_the_rest(tmp_path, monkeypatch):
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(tmp_path))
    for name in ("b", "a", "c"):
        (tmp_path / name).touch()
    lines = model_listing(2).splitlines()
    assert lines == [f"The model folder {tmp_path} holds 3 files:", "a", "b", "... and 1 more"]


def test_without_a_model_folder_nothing_is_listed(monkeypatch):
    monkeypatch.delenv("AZUREML_MODEL_DIR", raising=False)
    assert model_listing() == "The setting AZUREML_MODEL_DIR is missing, so there is no model folder."
