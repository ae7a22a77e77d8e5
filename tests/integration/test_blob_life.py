"""A blob's way through a real host, on a folder and on a real Azurite: events, failures, replays, odd names."""

import asyncio
import json
import uuid
from collections.abc import Mapping

import pytest

from tests.function_host.conftest import process_state, serve, write_app
from tests.triggers.test_blob_events import created
from triggers.blob_account import find_account, open_account
from triggers.blob_messages import POISON_QUEUE, BlobMessage, control_queue
from triggers.blob_store import newest
from triggers.http_body import whole
from triggers.queue_account import open_queues

__all__ = ["process_state", "serve", "write_app"]

APP = """
import azure.functions as func

app = func.FunctionApp()


@app.blob_trigger(arg_name="blob", path="IN/{name}.txt", connection="Store", MORE)
@app.blob_output(arg_name="$return", path="OUT/{name}_out.txt", connection="Store")
def capitals(blob: func.InputStream, context: func.Context) -> str:
    text = blob.read().decode()
    if text == "bad":
        raise ValueError(f"bad for the {context.retry_context.retry_count + 1}. time")
    return text.upper()
"""


class World:
    """An account, and the app that watches one container of it."""

    def __init__(self, connection: str, write_app, serve) -> None:
        self.name = uuid.uuid4().hex
        self.settings = {
            "Store": connection, "AzureWebJobsStorage": connection, "AzureFunctionsWebHost__hostid": self.name,
        }  # fmt: skip
        self.inbox, self.outbox = f"in-{self.name}", f"out-{self.name}"
        self.blobs = open_account(find_account(self.settings, "Store", wanted_by="the test")).blobs
        self.queues = open_queues(self.settings, "Store", wanted_by="the test")
        self._write_app, self._serve = write_app, serve

    async def start(self, more: str = "", *, attempts: int = 2):
        """The host with the function; `more` are arguments of the decorator."""
        code = APP.replace("IN/", f"{self.inbox}/").replace("OUT/", f"{self.outbox}/").replace(", MORE", f", {more}")
        extensions = {"blobs": {"poisonBlobThreshold": attempts}}
        files = {
            "function_app.py": code,
            "host.json": json.dumps({"version": "2.0", "extensions": extensions}),
        }
        return await self._serve(self._write_app(files), self.settings)

    async def put(self, name: str, text: str) -> str:
        return await self.blobs.write(self.inbox, name, text.encode(), "text/plain") or ""

    async def get(self, name: str) -> str | None:
        content = await self.blobs.read(newest(self.outbox, name))
        return None if content is None else whole(content.data).decode()

    async def poison(self) -> list[BlobMessage]:
        return [BlobMessage.decode(one.text) for one in await self.queues.peek(POISON_QUEUE, 32)]

    async def comes(self, name: str, text: str | None) -> None:
        """Returns when the output is that text; None when there is none."""
        async with asyncio.timeout(40):
            while await self.get(name) != text:  # noqa: ASYNC110 - the account tells of nothing
                await asyncio.sleep(0.05)


@pytest.fixture(params=["folder", pytest.param("azurite", marks=pytest.mark.azurite)])
async def world(request, tmp_path, write_app, serve):
    connection = f"folder:{tmp_path / 'account'}"
    if request.param == "azurite":
        connection = request.getfixturevalue("azurite").connection_string
    world = World(connection, write_app, serve)
    yield world
    await world.blobs.close()
    await world.queues.close()


def event(world: World, name: str, etag: str) -> Mapping[str, object]:
    return created(name, etag.strip('"'), world.inbox)


async def test_events_by_webhook(world):
    host, client = await world.start("source=func.BlobSource.EVENT_GRID")
    key = await host.keys.system_key("blobs_extension")
    # The first search is over before there is anything to find; the next one is minutes away.
    await world.comes("none", None)
    await asyncio.sleep(0.5)
    etag = await world.put("a.txt", "hello")
    address = f"/runtime/webhooks/blobs?functionName=Host.Functions.capitals&code={key}"
    headers = {"aeg-event-type": "Notification"}
    answer = await client.post(address, headers=headers, json=[event(world, "a.txt", etag)])
    assert answer.status_code == 202
    await world.comes("a_out.txt", "HELLO")
    refused = await client.post(address.replace(key, "wrong"), headers=headers, json=[])
    assert refused.status_code == 401


async def test_events_by_queue(world):
    queue = f"events-{world.name}"
    await world.start(f"event_queue={queue!r}")
    await asyncio.sleep(0.5)
    etag = await world.put("a.txt", "hello")
    await world.queues.send(queue, json.dumps(event(world, "a.txt", etag)))
    await world.comes("a_out.txt", "HELLO")
    async with asyncio.timeout(10):
        while await world.queues.count(queue):  # noqa: ASYNC110 - the account tells of nothing
            await asyncio.sleep(0.05)


async def test_what_fails_is_told_of_and_heals(world):
    errors = f"{world.outbox}/{{name}}_error.json"
    await world.start(f"error_path={errors!r}")
    etag = await world.put("a.txt", "bad")
    async with asyncio.timeout(40):
        while (text := await world.get("a_error.json")) is None:  # noqa: ASYNC110 - the account tells of nothing
            await asyncio.sleep(0.05)
    told = json.loads(text)
    assert told["error"] == "ValueError: bad for the 2. time"
    assert (told["blob"], told["etag"], told["attempt"]) == (f"{world.inbox}/a.txt", etag, 2)
    given_up = BlobMessage(function="capitals", container=world.inbox, name="a.txt", etag=etag)
    async with asyncio.timeout(20):
        while given_up not in await world.poison():  # noqa: ASYNC110 - the account tells of nothing
            await asyncio.sleep(0.05)
    await world.put("a.txt", "good")
    await world.comes("a_out.txt", "GOOD")
    await world.comes("a_error.json", None)


async def test_a_replay_runs_what_is_done_and_replaces_the_answer(world):
    await world.start()
    etag = await world.put("a.txt", "hello")
    await world.comes("a_out.txt", "HELLO")
    await world.blobs.write(world.outbox, "a_out.txt", b"spoilt", "text/plain")
    message = BlobMessage(function="capitals", container=world.inbox, name="a.txt", etag=etag, replay="again")
    await world.queues.send(control_queue(world.name), message.encode())
    await world.comes("a_out.txt", "HELLO")


async def test_starting_from_now_leaves_what_is_there_already(world):
    await world.put("old.txt", "old")
    # Azure's times are whole seconds.
    await asyncio.sleep(2.5)
    await world.start("start_from='now'")
    await asyncio.sleep(1.5)
    await world.put("new.txt", "new")
    await world.comes("new_out.txt", "NEW")
    assert await world.get("old_out.txt") is None


NAMES = ["a b", "ü ñ 漢", "100% {x}", "a#b?c&d", "deep/er/still", "quote'\"", "+plus+"]


async def test_odd_names_have_their_answers(world):
    await world.start()
    for name in NAMES:
        await world.put(f"{name}.txt", f"<{name}>")
    await world.put("empty.txt", "")
    for name in NAMES:
        await world.comes(f"{name}_out.txt", f"<{name}>".upper())
    await world.comes("empty_out.txt", "")


async def test_a_container_that_was_deleted_and_made_again(world, request):
    await world.start()
    await world.put("a.txt", "one")
    await world.comes("a_out.txt", "ONE")
    await delete_container(world)
    await asyncio.sleep(1.5)
    async with asyncio.timeout(60):
        while True:
            try:
                await world.put("b.txt", "two")
                break
            except Exception:
                await asyncio.sleep(1.0)
    await world.comes("b_out.txt", "TWO")


async def delete_container(world: World) -> None:
    async for page in world.blobs.pages(world.inbox, ""):
        for blob in page.blobs:
            await world.blobs.delete(blob.container, blob.name)
    if world.settings["Store"].startswith("folder:"):
        import shutil

        shutil.rmtree(f"{world.settings['Store'].removeprefix('folder:')}/{world.inbox}")
        return
    from azure.storage.blob.aio import ContainerClient

    async with ContainerClient.from_connection_string(world.settings["Store"], world.inbox) as client:
        await client.delete_container()
