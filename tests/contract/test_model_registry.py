"""What every ModelRegistry promises."""

import hashlib

import pytest

from packager import InvalidModel, ModelNotFound
from packager.models import LocalModelRegistry, MemoryModelRegistry, ModelRegistry
from packager.models.contract import ModelDetails


class ModelRegistryContract:
    @pytest.fixture
    def registry(self, tmp_path) -> ModelRegistry:
        raise NotImplementedError

    @pytest.fixture
    def file(self, tmp_path):
        file = tmp_path / "model.bin"
        file.write_bytes(b"weights")
        return file

    def test_versions_count_up_for_each_name(self, registry, file):
        numbers = [registry.register(name, file, ModelDetails()).version for name in ("a", "a", "b", "a")]

        assert numbers == [1, 2, 1, 3]

    def test_the_newest_version_is_the_default(self, registry, file):
        registry.register("a", file, ModelDetails(description="first"))
        registry.register("a", file, ModelDetails(description="second"))

        assert registry.get("a").details.description == "second"
        assert registry.get("a", 1).details.description == "first"
        assert registry.get("a", 2).id == "a:2"

    def test_versions_are_listed_by_name_and_newest_first(self, registry, file):
        for name in ("b", "a", "b"):
            registry.register(name, file, ModelDetails())

        assert [version.id for version in registry.versions()] == ["a:1", "b:2", "b:1"]
        assert [version.id for version in registry.versions("b")] == ["b:2", "b:1"]
        assert [*registry.versions("c")] == []

    def test_a_folder_keeps_its_files_and_its_name(self, registry, tmp_path):
        (tmp_path / "net" / "deep").mkdir(parents=True)
        (tmp_path / "net" / "deep" / "w.bin").write_bytes(b"1")

        version = registry.register("net", tmp_path / "net", ModelDetails())

        assert version.path.name == "net"
        assert (version.path / "deep" / "w.bin").read_bytes() == b"1"
        listing = f"{hashlib.sha256(b'1').hexdigest()}  deep/w.bin\n"
        assert version.sha256 == hashlib.sha256(listing.encode()).hexdigest()

    @pytest.mark.parametrize("name", ["", "-a", "a/b", "../a", "a b", "a" * 256, "a\n"])
    def test_a_bad_name_is_refused(self, registry, file, name):
        with pytest.raises(InvalidModel, match="is not valid"):
            registry.register(name, file, ModelDetails())

    def test_a_missing_path_is_named(self, registry, tmp_path):
        with pytest.raises(InvalidModel, match="nowhere"):
            registry.register("a", tmp_path / "nowhere", ModelDetails())

    def test_what_is_not_there_is_named(self, registry, file):
        registry.register("a", file, ModelDetails())

        with pytest.raises(ModelNotFound, match="'b'"):
            registry.get("b")
        with pytest.raises(ModelNotFound, match=r"version 9; it has 1\."):
            registry.get("a", 9)


class TestMemoryModelRegistry(ModelRegistryContract):
    @pytest.fixture
    def registry(self, tmp_path):
        return MemoryModelRegistry()


class TestLocalModelRegistry(ModelRegistryContract):
    @pytest.fixture
    def registry(self, tmp_path):
        return LocalModelRegistry(tmp_path / "registry")
