import hashlib
import itertools
import multiprocessing
from pathlib import Path

import pytest

from packager import InvalidModel
from packager.models import LocalModelRegistry
from packager.models.contract import ModelDetails


def register_many(root: Path, source: Path, count: int) -> list[int]:
    registry = LocalModelRegistry(root)
    return [registry.register("shared", source, ModelDetails()).version for _ in range(count)]


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


def test_processes_that_register_at_once_get_distinct_versions(tmp_path, model_file):
    arguments = [(tmp_path / "r", model_file, 10)] * 4
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        numbers = pool.starmap(register_many, arguments)

    assert sorted(itertools.chain.from_iterable(numbers)) == list(range(1, 41))
    assert [path.name for path in (tmp_path / "r" / "shared").iterdir() if path.name.startswith(".")] == []


def test_a_failed_registration_leaves_nothing(tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "link").symlink_to(tmp_path / "nowhere")
    registry = LocalModelRegistry(tmp_path / "r")

    with pytest.raises(InvalidModel, match="broken"):
        registry.register("m", tmp_path / "broken", ModelDetails())

    assert [*(tmp_path / "r" / "m").iterdir()] == []
    assert registry.versions() == []


def test_other_files_in_the_registry_are_no_versions(tmp_path, model_file):
    registry = LocalModelRegistry(tmp_path / "r")
    (tmp_path / "r" / "m" / "7").mkdir(parents=True)
    (tmp_path / "r" / "README").write_text("notes")

    assert registry.register("m", model_file, ModelDetails()).version in {1, 8}
    assert len(registry.versions()) == 1
