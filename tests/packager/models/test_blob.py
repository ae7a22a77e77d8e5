from datetime import timedelta

import pytest

import packager.models.blob as blob_module
from packager import InvalidModel
from packager.errors import RegistryUnavailable
from packager.models.blob import BlobModelRegistry
from packager.models.contract import ModelDetails
from packager.models.opening import CONNECTION, open_registry
from tests.contract.test_model_registry import ModelRegistryContract
from tests.support.memory_container import MemoryContainer


@pytest.fixture
def container():
    return MemoryContainer()


@pytest.fixture
def registry(container, tmp_path):
    return BlobModelRegistry(container, cache=tmp_path / "cache")


class TestBlobModelRegistry(ModelRegistryContract):
    @pytest.fixture
    def registry(self, container, tmp_path):
        self.container = container
        return BlobModelRegistry(container, cache=tmp_path / "cache")

    def damage(self, registry, version, content):
        name = f"content/{version.sha256}"
        if content is None:
            del self.container.blobs[name]
        else:
            self.container.put(name, content)
        return f"{self.container.url}/{name}"


def test_the_default_cache_is_in_the_packagers_home(container, model_file, packager_home):
    version = BlobModelRegistry(container).register("m", model_file, ModelDetails())

    assert version.path == packager_home / "fetched" / version.sha256 / "model.bin"


def test_looking_makes_no_container(registry, container):
    assert registry.versions() == []
    assert not container.made


def test_the_record_comes_last(registry, container, model_file, monkeypatch):
    def killed(self, name, record):
        assert [*container.blobs] == [f"content/{registry._keep(model_file)}"]
        raise KeyboardInterrupt

    monkeypatch.setattr(BlobModelRegistry, "_claim_next_version", killed)
    with pytest.raises(KeyboardInterrupt):
        registry.register("m", model_file, ModelDetails())

    assert registry.versions() == []


def test_what_a_killed_registration_left_is_removed_a_day_later(registry, container, model_file, monkeypatch):
    container.made = True
    registry._keep(model_file)

    assert registry.clean() == 0
    monkeypatch.setattr(blob_module, "LEFT_OVER", timedelta(seconds=-1))
    assert registry.clean() == 1
    assert container.blobs == {}


def test_a_file_that_is_faster_elsewhere_is_no_failure(registry, container, model_file, monkeypatch):
    staged = container.get_blob_client

    def get_blob_client(name):
        blob = staged(name)
        if name.startswith("content/"):
            stage = blob.stage_block

            def overtaken(block_id, data):
                stage(block_id, data)
                container.put(name, b"weights")
                container.blocks.clear()

            blob.stage_block = overtaken
        return blob

    monkeypatch.setattr(container, "get_blob_client", get_blob_client)

    assert registry.fetch(registry.register("m", model_file, ModelDetails())).read_bytes() == b"weights"


def test_a_number_that_is_taken_meanwhile_is_not_given_out(registry, container, model_file, monkeypatch):
    other = BlobModelRegistry(container)
    claim = BlobModelRegistry._numbers

    def overtaken(self, name=None):
        found = claim(self, name)
        if self is registry:
            monkeypatch.undo()
            other.register("m", model_file, ModelDetails(description="other"))
        return found

    monkeypatch.setattr(BlobModelRegistry, "_numbers", overtaken)

    assert registry.register("m", model_file, ModelDetails(description="mine")).version == 2
    assert [version.details.description for version in registry.versions()] == ["mine", "other"]


def test_a_file_that_changes_while_it_is_registered_is_refused(registry, container, model_file, monkeypatch):
    upload = BlobModelRegistry._upload

    def changed_meanwhile(self, blob, path, sha256):
        path.write_bytes(b"changed")
        upload(self, blob, path, sha256)

    monkeypatch.setattr(BlobModelRegistry, "_upload", changed_meanwhile)

    with pytest.raises(InvalidModel, match="was changed while it was being registered"):
        registry.register("m", model_file, ModelDetails())
    assert container.blobs == {}


def test_an_account_that_is_down_is_named(model_file):
    down = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:1/a;"
    registry = open_registry("blob:models", {CONNECTION: down})
    registry._container._config.retry_policy.total_retries = 0

    with pytest.raises(RegistryUnavailable, match=r"127\.0\.0\.1:1/a/models cannot be used"):
        registry.register("a", model_file, ModelDetails())
    registry.close()


def test_a_broken_record_is_named(registry, container, model_file):
    registry.register("m", model_file, ModelDetails())
    container.put("models/m/1.json", b"{}")

    with pytest.raises(InvalidModel, match=r"models/m/1\.json is not the record of a model"):
        registry.get("m")


def test_a_lost_answer_takes_no_second_number(registry, container, model_file, monkeypatch):
    make = container.get_blob_client

    def get_blob_client(name):
        blob = make(name)
        upload = blob.upload_blob

        def asked_again(*given, **options):
            upload(*given, **options)
            upload(*given, **options)

        blob.upload_blob = asked_again
        return blob

    monkeypatch.setattr(container, "get_blob_client", get_blob_client)

    assert [registry.register("m", model_file, ModelDetails()).version for _ in range(3)] == [1, 2, 3]
    assert len(registry.versions()) == 3
