"""Replays with a real Azurite as the account: what was given up is read, and asked for in the control queue."""

import asyncio
import json
import uuid
from pathlib import Path

import pytest

from infra import Selection, failures, replay, replay_given_up
from infra.storage import AccountStorage
from tests.contract.connections import account
from tests.support import failed
from triggers.azure_queues import AzureQueues
from triggers.blob_failures import failures_folder
from triggers.blob_messages import BlobMessage, control_queue
from triggers.blob_receipts import CONTAINER

pytestmark = pytest.mark.azurite


@pytest.fixture
def host_id(azurite, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("TriggerConnectionString", "AzureWebJobsStorage"):
        monkeypatch.setenv(name, azurite.connection_string)
    host_id = uuid.uuid4().hex
    monkeypatch.setenv("AzureFunctionsWebHost__hostid", host_id)
    return host_id


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return failed.app_folder(tmp_path)


def asked(connection: str, host_id: str) -> list[BlobMessage]:
    async def receive() -> list[BlobMessage]:
        queues = AzureQueues(account(connection))
        messages = await queues.receive(control_queue(host_id), 32, hidden=60)
        await queues.close()
        return [BlobMessage.decode(message.text) for message in messages]

    return asyncio.run(receive())


def test_blobs_are_listed_and_asked_for(app: Path, azurite, host_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A container of its own: other tests use the same account.
    storage, container = AccountStorage(azurite.connection_string), f"in-{uuid.uuid4().hex}"
    monkeypatch.setenv("IN", container)
    for number in range(40):
        storage.put(container, f"deep/ü {number:02}.txt", b"x")

    assert replay(app, Selection(function="one"), dry_run=True).count == 40
    done = replay(app, Selection(function="one", match="*1?.txt"))

    found = asked(azurite.connection_string, host_id)
    assert done.count == 10
    assert sorted(one.name for one in found) == [f"deep/ü {number}.txt" for number in range(10, 20)]
    assert {one.replay for one in found} == {done.id}


def test_what_was_given_up_is_read_and_asked_for(app: Path, azurite, host_id: str) -> None:
    storage = AccountStorage(azurite.connection_string)
    for name in ("a b.txt", "c.txt"):
        record = json.dumps({"blob": f"input/{name}", "etag": '"0x1"', "attempt": 5, "error": "ValueError: bad"})
        storage.put(CONTAINER, f"{failures_folder(host_id, 'one')}input/{name}", record.encode())

    assert [(one.blob, one.attempts) for one in failures(app)] == [("input/a b.txt", 5), ("input/c.txt", 5)]
    done = replay_given_up(app, ["input/a b.txt"])

    expected = BlobMessage(function="one", container="input", name="a b.txt", etag='"0x1"', replay=done.id)
    assert asked(azurite.connection_string, host_id) == [expected]
