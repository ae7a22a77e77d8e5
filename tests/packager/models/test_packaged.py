import pytest

from packager import ModelNotFound
from packager.models.packaged import packaged_path


def package(root, version, *files):
    folder = root / "azureml-models" / "m" / version
    folder.mkdir(parents=True)
    for file in files:
        (folder / file).write_text(version)
    return folder


def test_the_newest_and_the_named_version(tmp_path):
    two, ten = package(tmp_path, "2", "a"), package(tmp_path, "10", "a")
    (tmp_path / "azureml-models/m/10.sha256").write_text("")

    assert packaged_path(tmp_path, "m", None) == ten / "a"
    assert packaged_path(tmp_path, "m", 2) == two / "a"


def test_a_model_that_was_not_packaged(tmp_path):
    assert packaged_path(tmp_path, "m", None) is None


@pytest.mark.parametrize("files", [(), ("a", "b")])
def test_a_version_holds_one_thing(tmp_path, files):
    package(tmp_path, "1", *files)

    with pytest.raises(ModelNotFound, match="no version 1 with exactly one file or folder"):
        packaged_path(tmp_path, "m", None)
    with pytest.raises(ModelNotFound, match="no version 3"):
        packaged_path(tmp_path, "m", 3)
