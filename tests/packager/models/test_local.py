import hashlib
import itertools
import json
import multiprocessing
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from packager import InvalidModel
from packager.errors import ModelChanged, RegistryUnavailable
from packager.models import LocalModelRegistry, local
from packager.models.contract import ModelDetails, content_sha256


def register_many(root: Path, source: Path, count: int) -> list[int]:
    registry = LocalModelRegistry(root)
    return [registry.register("shared", source, ModelDetails()).version for _ in range(count)]


def register_and_die(root: Path, source: Path, where: str) -> None:
    setattr(local, where, lambda *_: os._exit(9))
    LocalModelRegistry(root).register("m", source, ModelDetails())


def contents(registry: LocalModelRegistry) -> list[str]:
    return sorted(file.name for file in registry.root.glob(".content/*/*"))


def test_the_default_root_is_in_the_packagers_home(packager_home):
    assert LocalModelRegistry().root == packager_home / "models"


def test_files_are_copied_so_the_original_may_change(tmp_path, model_file):
    version = LocalModelRegistry(tmp_path / "r").register("m", model_file, ModelDetails())
    model_file.write_bytes(b"other")

    assert version.path.read_bytes() == b"weights"
    assert version.path.name == "model.bin"
    assert version.sha256 == hashlib.sha256(b"weights").hexdigest()
    assert version.created_time is not None


def test_another_process_finds_what_was_registered(tmp_path, model_file):
    details = ModelDetails(tags={"a": "1"}, properties={"b": "2"}, description="good", model_framework="Custom")
    registered = LocalModelRegistry(tmp_path / "r").register("m", model_file, details)

    assert LocalModelRegistry(tmp_path / "r").get("m") == registered


@pytest.mark.process
def test_processes_that_register_at_once_get_distinct_versions(tmp_path, model_file):
    arguments = [(tmp_path / "r", model_file, 10)] * 4
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        numbers = pool.starmap(register_many, arguments)

    assert sorted(itertools.chain.from_iterable(numbers)) == list(range(1, 41))
    assert [path.name for path in (tmp_path / "r" / "shared").iterdir() if path.name.startswith(".")] == []
    registry = LocalModelRegistry(tmp_path / "r")
    assert {registry.fetch(version).read_bytes() for version in registry.versions()} == {b"weights"}
    assert len(contents(registry)) == 1


def test_a_failed_registration_leaves_nothing(tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "link").symlink_to(tmp_path / "nowhere")
    registry = LocalModelRegistry(tmp_path / "r")

    with pytest.raises(InvalidModel, match="broken"):
        registry.register("m", tmp_path / "broken", ModelDetails())

    assert [*tmp_path.rglob("r/**/*")] == []
    assert registry.versions() == []


def test_other_files_in_the_registry_are_no_versions(tmp_path, model_file):
    registry = LocalModelRegistry(tmp_path / "r")
    (tmp_path / "r" / "m" / "7").mkdir(parents=True)
    (tmp_path / "r" / "README").write_text("notes")

    assert registry.register("m", model_file, ModelDetails()).version in {1, 8}
    assert len(registry.versions()) == 1


@pytest.mark.process
@pytest.mark.parametrize("where", ["copy_hashed", "total_sha256", "_claim_next_version"])
def test_a_killed_registration_is_never_seen_and_is_cleaned_up_later(tmp_path, model_file, where):
    registry = LocalModelRegistry(tmp_path / "r")
    process = multiprocessing.get_context("spawn").Process(
        target=register_and_die, args=(tmp_path / "r", model_file, where)
    )
    process.start()
    process.join()

    assert process.exitcode == 9
    assert registry.versions() == []
    (left,) = (tmp_path / "r/m").iterdir()
    assert registry.register("m", model_file, ModelDetails()).version == 1
    assert left.exists()  # it might be still going on
    os.utime(left, (0, 0))
    registry.register("m", model_file, ModelDetails())
    assert not left.exists()


def test_what_killed_ones_left_is_cleaned_up_when_asked(tmp_path, model_file):
    registry = LocalModelRegistry(tmp_path / "r")
    assert registry.clean() == 0
    version = registry.register("m", model_file, ModelDetails())
    registry.register("m", model_file, ModelDetails())
    (tmp_path / "r/m/.incoming-x").mkdir()
    os.utime(tmp_path / "r/m/.incoming-x", (0, 0))
    (tmp_path / "r/m/2/.incoming-y").write_text("half a record")
    os.utime(tmp_path / "r/m/2/.incoming-y", (0, 0))
    (tmp_path / "r/m/1/deleted.json").write_text("{}")
    (tmp_path / "r/.content/00").mkdir()
    (tmp_path / "r/.content/00/00").write_text("nobody's")

    assert registry.clean() == 4  # the folder, the half record, the deleted version, the content of nobody
    assert not version.path.exists()
    assert contents(registry) == [version.sha256]
    assert [path.name for path in (tmp_path / "r/m/2").iterdir() if path.name.startswith(".")] == []
    assert registry.clean() == 0


def test_equal_files_are_stored_once(tmp_path, model_file):
    registry = LocalModelRegistry(tmp_path / "r")
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "other-name").write_bytes(b"weights")
    first = registry.register("a", model_file, ModelDetails())
    second = registry.register("b", tmp_path / "net", ModelDetails())

    assert contents(registry) == [hashlib.sha256(b"weights").hexdigest()]
    assert first.path.samefile(second.path / "other-name")
    registry.delete(first)
    assert (second.path / "other-name").read_bytes() == b"weights"
    registry.delete(second)
    assert contents(registry) == []


def test_a_damaged_content_is_not_shared_again(tmp_path, model_file):
    registry = LocalModelRegistry(tmp_path / "r")
    first = registry.register("m", model_file, ModelDetails())
    first.path.chmod(0o644)
    first.path.write_bytes(b"damaged")

    second = registry.register("m", model_file, ModelDetails())

    assert registry.fetch(second).read_bytes() == b"weights"
    with pytest.raises(ModelChanged):
        registry.fetch(first)
    third = registry.register("m", model_file, ModelDetails())
    assert third.path.samefile(second.path)


def test_without_links_the_files_are_copies(tmp_path, model_file, monkeypatch):
    def refused(self, target):
        raise PermissionError("no links here")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    registry = LocalModelRegistry(tmp_path / "r")
    versions = [registry.register("m", model_file, ModelDetails()) for _ in range(2)]
    registry.delete(versions[0])

    assert registry.fetch(versions[1]).read_bytes() == b"weights"


def test_a_registered_file_is_not_written_to_by_mistake(tmp_path, model_file):
    version = LocalModelRegistry(tmp_path / "r").register("m", model_file, ModelDetails())

    assert version.path.stat().st_mode & 0o222 == 0


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_registry_of_an_earlier_packager(tmp_path, model_file, kind):
    version = tmp_path / "r/m/1"
    target = version / "files" / ("model.bin" if kind == "file" else "net/model.bin")
    target.parent.mkdir(parents=True)
    shutil.copy(model_file, target)
    path = version / "files" / ("model.bin" if kind == "file" else "net")
    details = {"tags": {"a": "1"}, "properties": {}, "description": "old", "model_framework": None}
    record = {
        "file": path.name,
        "sha256": content_sha256(path),
        "createdTime": "2024-01-01T00:00:00+00:00",
        "details": {**details, "model_framework_version": None},
    }
    (version / "model.json").write_text(json.dumps(record))
    registry = LocalModelRegistry(tmp_path / "r")

    found = registry.get("m")
    assert (found.details.description, registry.fetch(found)) == ("old", path)
    assert registry.update(found, lambda _: ModelDetails(description="new")).sha256 == found.sha256
    assert registry.register("m", model_file, ModelDetails()).version == 2
    target.write_bytes(b"other")
    with pytest.raises(ModelChanged, match=found.sha256):
        registry.fetch(found)
    registry.delete(found)
    assert [version.id for version in registry.versions()] == ["m:2"]


def test_a_broken_record_is_named(tmp_path, model_file):
    registry = LocalModelRegistry(tmp_path / "r")
    registry.register("m", model_file, ModelDetails())
    (tmp_path / "r/m/1/model.json").write_text("")

    with pytest.raises(InvalidModel, match=r"r/m/1/model\.json is not the record of a model"):
        registry.versions()


def test_a_root_that_is_no_folder_is_named(tmp_path, model_file):
    with pytest.raises(RegistryUnavailable, match=rf"{tmp_path}/model\.bin cannot be written \(Not a directory"):
        LocalModelRegistry(model_file).register("m", model_file, ModelDetails())


@pytest.fixture
def read_only(model_file):
    """A registry with one model that whoever runs this may read only: root is somebody else meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        file = root / "model.bin"
        shutil.copy(model_file, file)
        registry = LocalModelRegistry(root / "r")
        registry.register("m", file, ModelDetails())
        folders = [path for path in (root / "r").rglob("*") if path.is_dir()]
        for path in (root / "r", *folders):
            path.chmod(0o555)
        was = os.geteuid()
        if was == 0:
            os.seteuid(65534)
        yield registry, file
        if was == 0:
            os.seteuid(0)
        for path in (root / "r", *folders):
            path.chmod(0o755)


def test_a_read_only_registry_is_read_and_not_written(read_only):
    registry, file = read_only
    version = registry.get("m")

    assert registry.fetch(version).read_bytes() == b"weights"
    for attempt in (
        lambda: registry.register("m", file, ModelDetails()),
        lambda: registry.register("other", file, ModelDetails()),
        lambda: registry.update(version, lambda details: details),
        lambda: registry.delete(version),
    ):
        with pytest.raises(RegistryUnavailable, match=r"cannot be written \(Permission denied: .*make it writable"):
            attempt()
    assert registry.versions() == [version]
