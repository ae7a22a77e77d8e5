"""What every ModelRegistry promises."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from packager import InvalidModel, ModelNotFound
from packager.errors import ModelChanged
from packager.models import LocalModelRegistry, MemoryModelRegistry, ModelRegistry, ModelVersion
from packager.models.contract import ModelDetails

DETAILS = ModelDetails(
    tags={"area": "health"},
    properties={"run": "7"},
    description="a line",
    model_framework="ScikitLearn",
    model_framework_version="1.5",
    datasets=(("training", "diabetes-1"),),
    sample_input={"data": [[1, 2]]},
    sample_output=[0.5],
    resources={"cpu": 1.5, "memoryInGB": 2},
    created_by="ada",
    run_id="run-1",
    experiment_name="first",
)


class ModelRegistryContract:
    @pytest.fixture
    def registry(self, tmp_path) -> ModelRegistry:
        raise NotImplementedError

    def damage(self, registry, version: ModelVersion, content: bytes | None) -> str:
        """Change the version's one file behind the registry's back, or remove it, and return the place."""
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

    def test_ten_comes_after_nine(self, registry, file):
        for _ in range(11):
            registry.register("a", file, ModelDetails())

        assert registry.get("a").version == 11
        assert [version.version for version in registry.versions("a")] == [*range(11, 0, -1)]

    def test_everything_that_was_said_comes_back(self, registry, file):
        registered = registry.register("a", file, DETAILS)

        assert registered.details == DETAILS
        assert registry.get("a") == registered
        assert (registered.created_time or "").endswith("+00:00")
        assert registered.url

    def test_a_folder_keeps_its_files_and_its_name(self, registry, tmp_path):
        (tmp_path / "net" / "deep").mkdir(parents=True)
        (tmp_path / "net" / "deep" / "w.bin").write_bytes(b"1")

        version = registry.register("net", tmp_path / "net", ModelDetails())
        path = registry.fetch(version)

        assert path.name == "net"
        assert (path / "deep" / "w.bin").read_bytes() == b"1"
        listing = f"{hashlib.sha256(b'1').hexdigest()}  deep/w.bin\n"
        assert version.sha256 == hashlib.sha256(listing.encode()).hexdigest()
        assert version.files == {"deep/w.bin": hashlib.sha256(b"1").hexdigest()}

    def test_of_a_folder_only_what_is_asked_for(self, registry, tmp_path):
        for name in ("a.bin", "b/one", "b/two", "c.bin"):
            (tmp_path / "net" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "net" / name).write_text(name)

        version = registry.register("net", tmp_path / "net", ModelDetails(), ["b", "c.bin"])

        assert sorted(version.files) == ["b/one", "b/two", "c.bin"]
        assert (registry.fetch(version) / "b/two").read_text() == "b/two"

    @pytest.mark.parametrize("name", ["", "-a", "a/b", "../a", "a b", "a" * 256, "a\n"])
    def test_a_bad_name_is_refused(self, registry, file, name):
        with pytest.raises(InvalidModel, match="is not valid"):
            registry.register(name, file, ModelDetails())

    def test_a_path_that_is_no_model_is_named(self, registry, tmp_path):
        (tmp_path / "empty" / "deep").mkdir(parents=True)
        with pytest.raises(InvalidModel, match="nowhere"):
            registry.register("a", tmp_path / "nowhere", ModelDetails())
        with pytest.raises(InvalidModel, match="empty holds no file"):
            registry.register("a", tmp_path / "empty", ModelDetails())
        assert registry.versions() == []

    def test_what_is_not_there_is_named(self, registry, file):
        registry.register("a", file, ModelDetails())

        with pytest.raises(ModelNotFound, match=r"no model 'b'.*; known are a\."):
            registry.get("b")
        with pytest.raises(ModelNotFound, match=r"version 9; it has 1\."):
            registry.get("a", 9)

    def test_a_fetched_file_is_what_was_registered(self, registry, file):
        version = registry.register("a", file, ModelDetails())

        assert registry.fetch(version).read_bytes() == b"weights"
        assert registry.fetch(version).name == "model.bin"
        assert version.sha256 == hashlib.sha256(b"weights").hexdigest()

    def test_a_changed_file_is_refused(self, registry, file):
        version = registry.register("a", file, ModelDetails())
        place = self.damage(registry, version, b"other")

        with pytest.raises(ModelChanged) as refused:
            registry.fetch(version)

        for part in ("a:1", place, version.sha256, hashlib.sha256(b"other").hexdigest()):
            assert part in str(refused.value)

    def test_a_lost_file_is_refused(self, registry, file):
        version = registry.register("a", file, ModelDetails())
        place = self.damage(registry, version, None)

        with pytest.raises(ModelChanged, match=place):
            registry.fetch(version)

    def test_details_are_changed(self, registry, file):
        version = registry.register("a", file, DETAILS)

        changed = registry.update(version, lambda details: replace(details, tags={"b": "2"}))

        assert changed == registry.get("a") == replace(version, details=replace(DETAILS, tags={"b": "2"}))
        assert registry.fetch(changed).read_bytes() == b"weights"

    def test_no_change_is_lost(self, registry, file):
        version = registry.register("a", file, ModelDetails())

        def add(number: int) -> None:
            registry.update(version, lambda details: replace(details, tags={**details.tags, str(number): "x"}))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add, range(12)))

        assert sorted(map(int, registry.get("a").details.tags)) == [*range(12)]

    def test_a_deleted_version_is_gone_and_its_number_is_not_given_out_again(self, registry, file):
        versions = [registry.register("a", file, ModelDetails()) for _ in range(3)]
        registry.delete(versions[0])
        registry.delete(versions[2])

        assert [version.id for version in registry.versions()] == ["a:2"]
        assert registry.get("a").version == 2
        for gone in (versions[0], versions[2]):
            with pytest.raises(ModelNotFound):
                registry.get("a", gone.version)
            with pytest.raises(ModelNotFound):
                registry.delete(gone)
            with pytest.raises(ModelNotFound):
                registry.update(gone, lambda details: details)
        assert registry.fetch(versions[1]).read_bytes() == b"weights"
        assert registry.register("a", file, ModelDetails()).version == 4

    def test_nothing_is_left_to_clean_up(self, registry, file):
        kept = registry.register("a", file, ModelDetails())
        registry.delete(registry.register("a", file, ModelDetails()))

        assert registry.clean() == 0
        assert registry.fetch(kept).read_bytes() == b"weights"

    def test_the_last_version_may_be_deleted(self, registry, file):
        registry.delete(registry.register("a", file, ModelDetails()))

        assert registry.versions() == []
        with pytest.raises(ModelNotFound, match="known are none"):
            registry.get("a")


def overwrite(version: ModelVersion, content: bytes | None) -> str:
    if content is None:
        version.path.unlink()
    else:
        version.path.chmod(0o644)
        version.path.write_bytes(content)
    return str(version.path)


class TestMemoryModelRegistry(ModelRegistryContract):
    @pytest.fixture
    def registry(self, tmp_path):
        return MemoryModelRegistry()

    def damage(self, registry, version, content):
        return overwrite(version, content)


class TestLocalModelRegistry(ModelRegistryContract):
    @pytest.fixture
    def registry(self, tmp_path):
        return LocalModelRegistry(tmp_path / "registry")

    def damage(self, registry, version, content):
        return overwrite(version, content)
