from pathlib import Path

import pytest

from function_host.scoring.model_path import ModelNotFoundException, get_model_path


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
