"""What every KeyStore promises."""

import asyncio

import pytest

from function_host.keys import BlobKeyStore, FileKeyStore, KeyRing, KeyStore, MemoryKeyStore
from function_host.keys.document import HOST
from triggers.blob_memory import MemoryBlobs

ONE = {"keys": [{"name": "default", "value": "1", "encrypted": False}]}
TWO = {"keys": [{"name": "default", "value": "2", "encrypted": False}]}


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
        await store.create("f", ONE)
        assert await store.create("f", TWO) == ONE

    async def test_a_document_takes_the_place_of_the_one_that_was_read(self, store):
        await store.create("f", ONE)
        assert await store.replace("f", TWO, ONE)
        assert await store.load("f") == TWO

    async def test_what_others_changed_meanwhile_stays(self, store):
        await store.create("f", ONE)
        assert await store.replace("f", TWO, ONE)
        assert not await store.replace("f", {"keys": []}, ONE)
        assert await store.load("f") == TWO

    async def test_hosts_that_make_keys_at_once_lose_none(self, store):
        rings = [KeyRing(store) for _ in range(4)]
        await rings[0].prepare()
        await asyncio.gather(*(ring.put(HOST, "functionKeys", f"k{i}", None) for i, ring in enumerate(rings)))
        known = {key.name for key in await KeyRing(store).list(HOST, "functionKeys")}
        assert known == {"default", "k0", "k1", "k2", "k3"}

    async def test_hosts_that_make_one_system_key_at_once_agree(self, store):
        made = await asyncio.gather(*(KeyRing(store).system_key("grid_extension") for _ in range(4)))
        assert len(set(made)) == 1

    async def test_scopes_are_apart(self, store):
        await store.create("f", ONE)
        assert await store.load("g") is None


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
