"""Models in a container of a real Azurite: the registry's contract, killed registrations, registrations at once."""

import hashlib
import os
import uuid
from datetime import timedelta

import pytest

import packager.models.blob as blob_module
from packager import InvalidModel, Model
from packager.models.contract import ModelDetails
from packager.models.opening import CONNECTION, open_registry
from tests.chaos.registrations import Plan, storm
from tests.contract.test_model_registry import ModelRegistryContract

pytestmark = pytest.mark.azurite


@pytest.fixture(autouse=True)
def packager_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKAGER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def container(azurite):
    """What open_registry() takes, for a container nobody used before."""
    return f"blob:{uuid.uuid4().hex}", {CONNECTION: azurite.connection_string}


@pytest.fixture
def registry(container):
    registry = open_registry(*container)
    yield registry
    registry.close()


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "model.bin"
    file.write_bytes(b"weights")
    return file


def names(registry, prefix: str) -> list[str]:
    return sorted(blob.name for blob in registry._container.list_blobs(name_starts_with=prefix))


class TestBlobModelRegistry(ModelRegistryContract):
    @pytest.fixture
    def registry(self, container):
        registry = open_registry(*container)
        yield registry
        registry.close()

    def damage(self, registry, version, content):
        blob = registry._container.get_blob_client(f"content/{version.sha256}")
        if content is None:
            blob.delete_blob()
        else:
            blob.upload_blob(content, overwrite=True)
        return blob.url


def test_a_content_is_stored_once(registry, file, tmp_path):
    (tmp_path / "other.bin").write_bytes(b"weights")
    first = registry.register("a", file, ModelDetails())
    second = registry.register("b", tmp_path / "other.bin", ModelDetails())

    assert names(registry, "content/") == [f"content/{hashlib.sha256(b'weights').hexdigest()}"]
    assert registry.fetch(first).name == "model.bin"
    assert registry.fetch(second).name == "other.bin"
    assert registry.fetch(first).read_bytes() == registry.fetch(second).read_bytes() == b"weights"


def test_a_file_of_several_blocks_arrives_whole(registry, tmp_path, monkeypatch):
    monkeypatch.setattr(blob_module, "_BLOCK", 1000)
    (tmp_path / "large").write_bytes(os.urandom(4500))

    version = registry.register("a", tmp_path / "large", ModelDetails())

    assert registry.fetch(version).read_bytes() == (tmp_path / "large").read_bytes()


def test_a_file_that_changes_while_it_is_registered_is_refused(registry, file, monkeypatch):
    keep = blob_module.BlobModelRegistry._upload

    def changed_meanwhile(self, blob, path, sha256):
        path.write_bytes(b"changed")
        keep(self, blob, path, sha256)

    monkeypatch.setattr(blob_module.BlobModelRegistry, "_upload", changed_meanwhile)

    with pytest.raises(InvalidModel, match="was changed while it was being registered"):
        registry.register("a", file, ModelDetails())
    assert names(registry, "") == []


def test_a_damaged_cache_is_filled_again(registry, file):
    version = registry.register("a", file, ModelDetails())
    registry.fetch(version).write_bytes(b"damaged")

    assert registry.fetch(version).read_bytes() == b"weights"


def test_what_a_killed_registration_left_is_cleaned_up_later(registry, file, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(self, name, record):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(blob_module.BlobModelRegistry, "_claim_next_version", killed)
        with pytest.raises(Killed):
            registry.register("a", file, ModelDetails())
    assert registry.versions() == []
    assert registry.clean() == 0  # it might be still going on
    monkeypatch.setattr(blob_module, "LEFT_OVER", timedelta(seconds=-5))

    assert registry.clean() == 1
    assert names(registry, "") == []
    assert registry.register("a", file, ModelDetails()).version == 1


def test_content_that_a_version_holds_stays(registry, file, tmp_path, monkeypatch):
    monkeypatch.setattr(blob_module, "LEFT_OVER", timedelta(seconds=-5))
    (tmp_path / "other").write_bytes(b"other")
    kept = registry.register("a", file, ModelDetails())
    registry.delete(registry.register("a", file, ModelDetails()))
    registry.delete(registry.register("a", tmp_path / "other", ModelDetails()))

    assert names(registry, "content/") == [f"content/{kept.sha256}"]


def test_content_that_was_asked_for_since_the_look_stays(registry, file, monkeypatch):
    monkeypatch.setattr(blob_module, "LEFT_OVER", timedelta(seconds=-5))
    registry._container.create_container()
    sha256 = registry._keep(file)
    look = registry.versions

    def versions(name=None):
        found = look(name)
        registry._keep(file)
        return found

    monkeypatch.setattr(registry, "versions", versions)

    assert registry.clean() == 0
    assert names(registry, "content/") == [f"content/{sha256}"]


def test_a_model_is_packaged_from_the_container(registry, file, tmp_path):
    from packager import Environment, InferenceConfig, package

    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "score.py").write_text("def init():\n    pass\n\n\ndef run(data):\n    return data\n")
    config = InferenceConfig("score.py", source_directory=tmp_path / "source", environment=Environment("e"))
    model = Model.register(registry, file, "m")

    made = package(None, [model], config, generate_dockerfile=True, context=tmp_path / "app")

    assert (tmp_path / "app/azureml-models/m/1/model.bin").read_bytes() == b"weights"
    assert made.state == "Succeeded"


def test_thirty_registrations_from_three_processes(container, tmp_path):
    place, settings = container

    report = storm(Plan(processes=3, registrations=30, kills=2), place, settings, tmp_path)

    assert report.broken == []
    assert report.versions == 30
