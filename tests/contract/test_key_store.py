"""What every KeyStore promises."""

import pytest

from function_host.keys import BlobKeyStore, FileKeyStore, KeyStore, MemoryKeyStore
from triggers.blob_memory import MemoryBlobs


class KeyStoreContract:
    @pytest.fixture
    def store(self, tmp_path) -> KeyStore:
        raise NotImplementedError

    async def test_an_unknown_scope_has_no_document(self, store):
        assert await store.load("host") is None

    async def test_what_is_saved_is_loaded(self, store):
        document = {"keys": [{"name": "default", "value": "x", "encrypted": False}]}
        assert await store.create("f", document) == document
        assert await store.load("f") == document

    async def test_the_first_document_is_kept(self, store):
        await store.create("host", {"a": 1})
        assert await store.create("host", {"a": 2}) == {"a": 1}

    async def test_a_document_takes_the_place_of_another(self, store):
        await store.create("host", {"a": 1})
        await store.replace("host", {"a": 2})
        assert await store.load("host") == {"a": 2}

    async def test_scopes_are_apart(self, store):
        await store.create("host", {"a": 1})
        assert await store.load("f") is None


class TestMemoryKeyStore(KeyStoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return MemoryKeyStore()


class TestFileKeyStore(KeyStoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return FileKeyStore(tmp_path / "keys")


class TestBlobKeyStore(KeyStoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return BlobKeyStore(MemoryBlobs(), "my-app")
