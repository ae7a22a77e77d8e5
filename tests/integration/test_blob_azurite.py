"""The blob trigger on a real Azurite."""

import asyncio
import uuid

import pytest
from azure.storage.blob import StandardBlobTier
from azure.storage.blob.aio import BlobServiceClient

from tests.contract.blob_accounts import BlobStoreContract, LedgerContract, ReceiptsContract, closing
from tests.contract.connections import account
from triggers.azure_blobs import AzureBlobs, AzureLedger, blob_service
from triggers.blob import blob_writer, listen
from triggers.contract import Binding, BindingContext, Event, FunctionResult, ListenerContext
from triggers.errors import SourceUnavailable

pytestmark = pytest.mark.azurite

# A port of the loopback that nobody listens on.
NOWHERE = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:9/a;"


@pytest.fixture
def container():
    return f"c-{uuid.uuid4().hex}"


@pytest.fixture
def prefix():
    return f"blobreceipts/{uuid.uuid4().hex}"


@pytest.fixture
async def ledger(azurite, container):
    async for ledger in closing(AzureLedger(blob_service(account(azurite.connection_string)), container)):
        yield ledger


@pytest.fixture
async def store(azurite):
    async for store in closing(AzureBlobs(blob_service(account(azurite.connection_string)))):
        yield store


class TestAzureBlobs(BlobStoreContract):
    async def test_a_listing_of_several_pages_is_complete(self, store, container, monkeypatch):
        monkeypatch.setattr("triggers.azure_blobs._PAGE", 3)
        for number in range(7):
            await store.write(container, f"{number}", b"", "text/plain")
        pages = [page async for page in store.pages(container, "")]
        assert [len(page.blobs) for page in pages] == [3, 3, 1]


class TestAzureLedger(LedgerContract):
    pass


class TestAzureReceipts(ReceiptsContract):
    pass


async def test_an_account_that_is_not_there_is_unavailable():
    connection = blob_service(account(NOWHERE))
    store, ledger = AzureBlobs(connection), AzureLedger(connection, "hosts")
    try:
        with pytest.raises(SourceUnavailable, match="cannot be reached to make container 'abc'"):
            await store.open("abc")
        with pytest.raises(SourceUnavailable, match="hosts/x"):
            await ledger.read("x")
    finally:
        await store.close()


async def test_a_wrong_key_is_refused_in_words(azurite):
    text = azurite.connection_string
    start = text.index("AccountKey=")
    wrong = text[:start] + "AccountKey=d3Jvbmc=;" + text[start:].partition(";")[2]
    store = AzureBlobs(blob_service(account(wrong)))
    try:
        with pytest.raises(SourceUnavailable, match="refused to make container 'abc': 403"):
            await store.open("abc")
    finally:
        await store.close()


class NoRoutes:
    def mount(self, template, app, *, methods, auth_level):
        raise AssertionError("A blob trigger mounts nothing.")


class Echo:
    """Writes every event back, as a function with a blob output does; fails for blobs whose data is b"bad"."""

    def __init__(self, writer) -> None:
        self.writer = writer
        self.events: list[Event] = []

    async def execute(self, event: Event) -> FunctionResult:
        self.events.append(event)
        if event.data == b"bad":
            return FunctionResult(error=ValueError("bad data"))
        await self.writer.write(event.data, event.metadata)
        return FunctionResult()


class App:
    """One function between two containers nobody used before."""

    def __init__(self, text: str) -> None:
        tag = uuid.uuid4().hex
        self.input, self.output, self.host = f"in-{tag}", f"out-{tag}", tag
        self.settings = {"Store": text}
        self.echo = Echo(
            blob_writer(
                BindingContext(
                    binding=self.binding("blob", f"{self.output}/{{blobname}}_out.json"), settings=self.settings
                )
            )
        )

    @staticmethod
    def binding(kind: str, path: str) -> Binding:
        return Binding(type=kind, name="blob", direction="IN", options={"path": path, "connection": "Store"})

    def listener(self, **extension):
        return listen(
            ListenerContext(
                function="score_blob",
                binding=self.binding("blobTrigger", f"{self.input}/{{blobname}}.json"),
                executor=self.echo,
                routes=NoRoutes(),
                settings=self.settings,
                host_id=self.host,
                extension=extension,
            )
        )


async def until(condition, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - the condition is somebody else's state
            await asyncio.sleep(0.02)


async def test_every_dropped_blob_has_its_output_and_none_is_run_twice(azurite):
    app = App(azurite.connection_string)
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as client:
        inputs = await client.create_container(app.input)
        for number in range(60):
            await inputs.upload_blob(f"in/{number}.json", f"{number}")
        listeners = [app.listener(), app.listener()]
        for listener in listeners:
            await listener.start()
        await inputs.upload_blob("in/late.json", b"late")
        await inputs.upload_blob("in/ignored.txt", b"ignored")

        async def answered() -> bool:
            return len(app.echo.events) >= 61

        await until(answered)
        await asyncio.sleep(0.3)
        for listener in listeners:
            await listener.stop()
        outputs = client.get_container_client(app.output)
        contents = {
            blob.name: await (await outputs.download_blob(blob.name)).readall() async for blob in outputs.list_blobs()
        }
        other = await outputs.get_blob_client("in/7_out.json").get_blob_properties()
    await app.echo.writer.close()
    assert contents == {f"in/{n}_out.json": f"{n}".encode() for n in range(60)} | {"in/late_out.json": b"late"}
    assert len({event.id for event in app.echo.events}) == len(app.echo.events) == 61
    assert other.content_settings.content_type == "application/json"


async def test_a_bad_blob_is_tried_and_given_up_and_the_next_is_answered(azurite, caplog):
    app = App(azurite.connection_string)
    listener = app.listener(poisonBlobThreshold=2)
    await listener.start()
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as client:
        inputs, outputs = client.get_container_client(app.input), client.get_container_client(app.output)
        await inputs.upload_blob("bad.json", b"bad")
        await inputs.upload_blob("good.json", b"good")

        async def done() -> bool:
            return len(app.echo.events) >= 3 and "given up" in caplog.text

        await until(done)
        await listener.stop()
        assert [name async for name in outputs.list_blob_names()] == ["good_out.json"]
        assert await inputs.get_blob_client("bad.json").exists()
    await app.echo.writer.close()
    assert [event.attempt for event in app.echo.events if event.data == b"bad"] == [1, 2]
    assert "'" + app.input + "/bad.json' failed 2 times, last with ValueError: bad data" in caplog.text


async def test_containers_that_are_deleted_are_made_again(azurite):
    app = App(azurite.connection_string)
    listener = app.listener()
    await listener.start()
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as client:
        inputs, outputs = client.get_container_client(app.input), client.get_container_client(app.output)
        await inputs.upload_blob("a.json", b"1")
        await until(outputs.exists)
        await until(outputs.get_blob_client("a_out.json").exists)
        await outputs.delete_container()
        await inputs.delete_container()
        await inputs.create_container()
        await inputs.upload_blob("b.json", b"2")
        await until(outputs.get_blob_client("b_out.json").exists)
        await listener.stop()
    await app.echo.writer.close()


async def test_an_archived_blob_is_given_up_and_the_next_is_answered(azurite, caplog):
    app = App(azurite.connection_string)
    listener = app.listener(poisonBlobThreshold=2)
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as client:
        inputs = await client.create_container(app.input)
        await inputs.upload_blob("cold.json", b"1", standard_blob_tier=StandardBlobTier.ARCHIVE)
        await listener.start()
        await inputs.upload_blob("warm.json", b"2")

        async def done() -> bool:
            return bool(app.echo.events) and "given up" in caplog.text

        await until(done)
        await listener.stop()
    await app.echo.writer.close()
    assert [event.data for event in app.echo.events] == [b"2"]
    assert "cold.json' failed 2 times, last with BlobRefused: The storage account refused to read" in caplog.text
    assert "409 BlobArchived" in caplog.text
