"""How blob bindings and queue triggers behave on Azure, one test per row of the conformance table."""

import asyncio
import base64
import uuid

import pytest
from azure.storage.queue.aio import QueueServiceClient

BLOBS = """
@app.blob_trigger(arg_name="blob", path="input/{name}.bin", connection="Store")
@app.blob_output(arg_name="out", path="%s", connection="Store")
def copy(blob: func.InputStream, out: func.Out[bytes]) -> None:
    out.set(blob.read())
%s
"""
READS = """
@app.route(route="f")
@app.blob_input(arg_name="blob", path="input/x", connection="Store"%s)
def f(req: func.HttpRequest, blob: %s) -> str:
    return repr(blob if blob is None or isinstance(blob, (str, bytes)) else blob.read())
"""
QUEUE = """
runs = []
@app.queue_trigger(arg_name="message", queue_name="%s", connection="Store")
@app.blob_output(arg_name="out", path="%s/{id}", connection="Store")
def work(message: func.QueueMessage, out: func.Out[bytes]) -> None:
    runs.append(message.dequeue_count)
    if message.get_body() == b"bad":
        raise ValueError("bad")
    out.set(message.get_body())
"""


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 - the condition is somebody else's state
            await asyncio.sleep(0.02)


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "account"
    (root / "input").mkdir(parents=True)
    return root


async def copied(app, folder, data: bytes, path: str, more: str = ""):
    """What is in `out` once the function had its turn."""
    await app(BLOBS % (path, more), settings={"Store": f"folder:{folder}"})
    (folder / "input" / "a.bin").write_bytes(data)
    receipts = folder / "azure-webjobs-hosts" / "blobreceipts"

    async def tried() -> bool:
        return any((folder / "output").glob("a*")) or (bool(more) and any(p.is_file() for p in receipts.rglob("*")))

    await until(tried)
    return {file.name: file.read_bytes() for file in (folder / "output").iterdir()}


async def test_row_60_a_blob_trigger_keeps_binary_data(app, folder):
    assert await copied(app, folder, b"\xff\x00", "output/{name}") == {"a": b"\xff\x00"}


@pytest.mark.parametrize(
    ("option", "hint", "read"),
    [
        ("", "str", "'\ufffdA'"),
        (', data_type="BINARY"', "bytes", r"b'\xffA'"),
        ("", "func.InputStream", repr("\ufffdA".encode())),
        (', data_type="STREAM"', "func.InputStream", r"b'\xffA'"),
    ],
)
async def test_row_61_a_blob_input_is_text_unless_it_is_binary(app, folder, option, hint, read):
    (folder / "input" / "x").write_bytes(b"\xffA")
    source = READS % (option, hint)
    _, client = await app(source, settings={"Store": f"folder:{folder}"})
    assert (await client.get("/api/f")).text == read


async def test_a_blob_input_that_is_missing_is_none(app, folder):
    source = READS % ("", "func.InputStream")
    _, client = await app(source, settings={"Store": f"folder:{folder}"})
    assert (await client.get("/api/f")).text == "None"


async def test_row_64_captures_and_a_fresh_guid_name_the_output(app, folder):
    ((name, data),) = (await copied(app, folder, b"x", "output/{name}-{rand-guid}.txt")).items()
    assert data == b"x"
    assert str(uuid.UUID(name.removeprefix("a-").removesuffix(".txt"))) in name


async def test_row_65_an_output_replaces_the_blob_there_is(app, folder):
    (folder / "output").mkdir()
    (folder / "output" / "a-old").write_bytes(b"long old content")
    await app(BLOBS % ("output/{name}-old", ""), settings={"Store": f"folder:{folder}"})
    (folder / "input" / "a.bin").write_bytes(b"new")

    async def replaced() -> bool:
        return (folder / "output" / "a-old").read_bytes() == b"new"

    await until(replaced)


async def test_row_66_a_function_that_fails_writes_no_output(app, folder):
    assert await copied(app, folder, b"x", "output/{name}", "    raise ValueError('after set')") == {}


@pytest.fixture
async def queues(azurite):
    async with QueueServiceClient.from_connection_string(azurite.connection_string) as client:
        yield client


@pytest.mark.azurite
async def test_row_75_a_message_that_always_fails_runs_five_times_and_is_poisoned(app, azurite, queues):
    name = f"q{uuid.uuid4().hex}"
    await queues.create_queue(name)
    await app(QUEUE % (name, "unused"), settings={"Store": azurite.connection_string})
    body = base64.b64encode(b"bad").decode()
    await queues.get_queue_client(name).send_message(body)
    poison = queues.get_queue_client(f"{name}-poison")

    async def poisoned() -> bool:
        return name + "-poison" in [queue.name async for queue in queues.list_queues(name_starts_with=name)] and bool(
            await poison.peek_messages()
        )

    await until(poisoned)
    import function_app

    assert function_app.runs == [1, 2, 3, 4, 5]
    assert [message.content for message in await poison.peek_messages()] == [body]


@pytest.mark.azurite
async def test_row_76_properties_of_a_json_message_name_the_output(app, azurite, queues):
    from azure.storage.blob.aio import BlobServiceClient

    name = f"q{uuid.uuid4().hex}"
    await queues.create_queue(name)
    await app(QUEUE % (name, name), settings={"Store": azurite.connection_string})
    await queues.get_queue_client(name).send_message(base64.b64encode(b'{"id": "7"}').decode())
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as blobs:
        blob = blobs.get_blob_client(name, "7")
        await until(blob.exists)
        assert await (await blob.download_blob()).readall() == b'{"id": "7"}'
