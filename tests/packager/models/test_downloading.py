import pytest

from packager import InvalidModel
from packager.errors import ModelChanged
from packager.models import LocalModelRegistry, MemoryModelRegistry
from packager.models.contract import ModelDetails, ModelVersion
from packager.models.downloading import copy_out, registered_files


@pytest.fixture
def registry(tmp_path):
    return LocalModelRegistry(tmp_path / "r")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "net" / "deep").mkdir(parents=True)
    (tmp_path / "net" / "deep" / "w.bin").write_bytes(b"1")
    return tmp_path / "net"


def test_a_file(registry, model_file, tmp_path):
    version = registry.register("m", model_file, ModelDetails())

    target = copy_out(registry, version, tmp_path / "out", replace=False)

    assert target == tmp_path / "out" / "model.bin"
    assert target.read_bytes() == b"weights"
    target.write_bytes(b"writable, and the registry's own stays")
    assert registry.fetch(version).read_bytes() == b"weights"


def test_a_folder_goes_over_what_is_there_when_it_may(registry, folder, tmp_path):
    version = registry.register("m", folder, ModelDetails())
    (tmp_path / "out/net/deep").mkdir(parents=True)
    (tmp_path / "out/net/deep/w.bin").write_bytes(b"old")
    (tmp_path / "out/net/mine").write_bytes(b"kept")

    with pytest.raises(InvalidModel, match="exist_ok=True"):
        copy_out(registry, version, tmp_path / "out", replace=False)
    target = copy_out(registry, version, tmp_path / "out", replace=True)

    assert sorted(path.relative_to(target).as_posix() for path in target.rglob("*")) == ["deep", "deep/w.bin", "mine"]
    assert (target / "deep/w.bin").read_bytes() == b"1"


@pytest.mark.parametrize("model", ["file", "folder"])
def test_a_folder_does_not_replace_a_file_nor_a_file_a_folder(registry, folder, model_file, tmp_path, model):
    version = registry.register("m", folder if model == "folder" else model_file, ModelDetails())
    in_the_way = tmp_path / "out" / version.path.name
    (in_the_way.mkdir if model == "file" else in_the_way.parent.mkdir)(parents=True)
    if model == "folder":
        in_the_way.write_text("")

    with pytest.raises(InvalidModel, match=f"but the model is a {model}; download it to another folder"):
        copy_out(registry, version, tmp_path / "out", replace=True)


def test_a_changed_model_is_not_copied(registry, model_file, tmp_path):
    version = registry.register("m", model_file, ModelDetails())
    version.path.chmod(0o644)
    version.path.write_bytes(b"other")

    with pytest.raises(ModelChanged):
        copy_out(registry, version, tmp_path / "out", replace=False)
    assert not (tmp_path / "out" / "model.bin").exists()


def test_a_model_that_changes_after_the_check_is_not_copied(model_file, tmp_path):
    class Late(MemoryModelRegistry):
        def fetch(self, version):
            path = super().fetch(version)
            path.write_bytes(b"changed after the check")
            return path

    registry = Late()
    version = registry.register("m", model_file, ModelDetails())

    with pytest.raises(ModelChanged):
        copy_out(registry, version, tmp_path / "out", replace=False)
    assert [*(tmp_path / "out").iterdir()] == []


def test_a_folder_that_cannot_be_made_is_named(registry, model_file):
    version = registry.register("m", model_file, ModelDetails())

    with pytest.raises(InvalidModel, match=f"m:1 cannot be downloaded to {model_file}"):
        copy_out(registry, version, model_file, replace=False)


def test_what_lies_beside_the_registered_files_is_left(folder):
    (folder / "other").write_text("")
    version = ModelVersion(name="m", version=1, path=folder, sha256="", files={"deep/w.bin": ""})

    assert [*registered_files(version, folder)] == ["deep/w.bin"]
