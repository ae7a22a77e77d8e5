"""Keys in a real Azurite: the store's contract, two hosts on one account, and an account that is down at the start."""

import asyncio
import contextlib
import socket
import uuid

import pytest

from function_host.keys import BlobKeyStore, KeyRing
from infra.emulators.azurite import ACCOUNT, KEY
from infra.platforms.arm_keys import read_blob
from tests.conformance.conftest import app, process_state, serve, write_app
from tests.contract.connections import account
from tests.contract.test_key_store import KeyStoreContract
from tests.support import arm_platform
from tests.support.deployments import image, spec
from triggers.azure_blobs import AzureBlobs, blob_service

__all__ = ["app", "process_state", "serve", "write_app"]

pytestmark = pytest.mark.azurite

FUNCTIONS = """
@app.route(route="keyed")
def keyed(req: func.HttpRequest) -> str:
    return "in"

@app.route(route="open", auth_level=func.AuthLevel.ANONYMOUS)
def open_to_all(req: func.HttpRequest) -> str:
    return "open"
"""


@pytest.fixture
async def blobs(azurite):
    blobs = AzureBlobs(blob_service(account(azurite.connection_string)))
    yield blobs
    await blobs.close()


class TestBlobKeyStore(KeyStoreContract):
    @pytest.fixture
    def store(self, blobs):
        return BlobKeyStore(blobs, uuid.uuid4().hex)


async def test_hosts_that_start_together_have_the_same_keys(blobs):
    name = uuid.uuid4().hex
    rings = [KeyRing(BlobKeyStore(blobs, name)) for _ in range(4)]
    await asyncio.gather(*(ring.prepare() for ring in rings))
    assert len({await ring.host_key() for ring in rings}) == 1


@contextlib.asynccontextmanager
async def forwarded(port: int, target: int):
    """Make what listens at `target` answer at `port` too."""
    copies: set[asyncio.Task[None]] = set()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", target)
        copies.add(asyncio.create_task(copy(reader, back)))
        copies.add(asyncio.create_task(copy(there, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for task in copies:
            task.cancel()
        await asyncio.gather(*copies, return_exceptions=True)
        await asyncio.sleep(0)


async def test_an_account_that_is_down_at_the_start_keeps_keyed_functions_waiting_and_nobody_gets_in(app, azurite):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = azurite.connection_string.replace(f":{azurite.blob_port}/", f":{port}/")
    settings = {"AzureWebJobsStorage": text, "AzureFunctionsWebHost__hostid": uuid.uuid4().hex}
    host, client = await app(FUNCTIONS, level="FUNCTION", settings=settings)
    assert (await client.get("/admin/host/ping")).status_code == 200
    assert (await client.get("/api/open")).text == "open"
    for path in ("/api/keyed", "/admin/host/status", "/admin/host/keys"):
        assert (await client.get(path)).status_code == 401
        refused = await client.get(path, headers={"x-functions-key": "guess"})
        assert (refused.status_code, refused.text) == (
            503, "The keys of this host cannot be read now; try again later.",
        )  # fmt: skip
    async with forwarded(port, azurite.blob_port), asyncio.timeout(20):
        guess = {"x-functions-key": "guess"}
        while (await client.get("/api/keyed", headers=guess)).status_code != 401:  # noqa: ASYNC110 - not our state
            await asyncio.sleep(0.05)
        key = await host.keys.host_key()
        assert (await client.get("/api/keyed", headers={"x-functions-key": key})).text == "in"


@pytest.mark.parametrize("target", ["container_apps", "container_instances", "app_service"])
async def test_a_deployment_tells_the_key_that_the_running_host_takes(app, azurite, monkeypatch, target):
    name = f"app{uuid.uuid4().hex[:8]}"
    wanted = spec(target, name=name, of=image({"http": {}}), keys=True, storage=ACCOUNT, registry_group="shared")
    with arm_platform.azure(monkeypatch) as azure:
        azure.fake.account_keys[ACCOUNT] = KEY
        azure.fake.storage = lambda account: {"blob": f"http://127.0.0.1:{azurite.blob_port}/{account}"}
        azure.read = read_blob
        settings = {"AzureWebJobsStorage": azurite.connection_string, "AzureFunctionsWebHost__hostid": name}
        before = await asyncio.to_thread(azure.apply, wanted)
        _, client = await app(FUNCTIONS, level="FUNCTION", settings=settings)
        after = await asyncio.to_thread(azure.platform(wanted).status)
    assert (before.key, before.details["key"].partition(":")[0]) == ("", "not there yet")
    assert (await client.get("/api/keyed", headers={"x-functions-key": after.key})).text == "in"
    assert (await client.get("/api/keyed", headers={"x-functions-key": after.key[:-4]})).status_code == 401
