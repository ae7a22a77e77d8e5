"""function_host.keys.blob; tests/integration/test_keys_azurite.py runs it on a real account"""

import json

import pytest

from function_host.errors import ConfigError, KeysUnavailable
from function_host.keys import BlobKeyStore
from triggers.blob_memory import MemoryBlobs


@pytest.fixture
def blobs():
    return MemoryBlobs()


async def test_blobs_have_azures_names(blobs):
    store = BlobKeyStore(blobs, "my-app")
    await store.create("host", {"a": 1})
    await store.create("MyFunction", {"b": 2})
    found = {name: json.loads(data) for name, (_, data, _) in blobs.containers["azure-webjobs-secrets"].items()}
    assert found == {"my-app/host.json": {"a": 1}, "my-app/myfunction.json": {"b": 2}}


async def test_apps_are_apart(blobs):
    await BlobKeyStore(blobs, "one").create("host", {"a": 1})
    assert await BlobKeyStore(blobs, "two").load("host") is None


async def test_an_outage_is_told_as_one(blobs):
    blobs.reachable = False
    store = BlobKeyStore(blobs, "h")
    for work in (store.load("host"), store.create("host", {}), store.replace("host", {}, {})):
        with pytest.raises(KeysUnavailable, match=r"secrets/h/host\.json cannot be reached\. The storage"):
            await work


@pytest.mark.parametrize(("data", "told"), [(b"{", "is not JSON"), (b"[]", "must hold a JSON object")])
async def test_a_broken_blob_is_named(blobs, data, told):
    await blobs.write("azure-webjobs-secrets", "h/host.json", data, "application/json")
    with pytest.raises(ConfigError, match=rf"azure-webjobs-secrets/h/host\.json {told}"):
        await BlobKeyStore(blobs, "h").load("host")
