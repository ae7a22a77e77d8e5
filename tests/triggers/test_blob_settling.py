"""triggers.blob_settling: attempts through the queue, and what is left of those that failed"""

import asyncio
import json

import pytest

from tests.support.blob_hosts import Account, pulled
from triggers.blob_messages import POISON_QUEUE, BlobMessage, control_queue
from triggers.errors import DeliveryLost, SourceUnavailable
from triggers.paths import BlobPath

QUEUE = control_queue("host")
RECORD = "blobfailures/host/Host.Functions.f/input/a.json"
OPTIONS = {"error_path": BlobPath.parse("output/{blobname}_error.json")}


def message(etag: str, **more: object) -> str:
    return BlobMessage(function="f", container="input", name="a.json", etag=etag, **more).encode()


async def handed_over(source, count: int = 1):
    """What came through the queue."""
    found = []
    async with asyncio.timeout(3):
        while len(found) < count:
            source._parts.hub.wake()
            found += await source.receive(10, timeout=0.01)
    return found


async def failed_for_good(account: Account) -> None:
    await account.put("a.json")
    async with account.source(max_attempts=1, **OPTIONS) as source:
        (delivery,) = await pulled(source)
        await delivery.abandon(ValueError("no JSON"))


def left(account: Account) -> tuple[bool, bool]:
    """Are there the error file, and the record?"""
    return (
        "a_error.json" in account.blobs.containers.get("output", {}),
        RECORD in account.own.containers.get("azure-webjobs-hosts", {}),
    )


async def test_a_failure_goes_to_the_queue_hidden_for_the_pause_and_counted():
    account = Account()
    await account.put("a.json")
    async with account.source(retry_pause=7.0) as source:
        (delivery,) = await pulled(source)
        await delivery.abandon(ValueError("no JSON"))
        (text,) = account.queues.texts(QUEUE)
        assert BlobMessage.decode(text).attempts == 1
        assert await account.queues.peek(QUEUE, 1) == []
        assert account.receipts["input/a.json"]["Queued"]
        account.clock.forward(7)
        (again,) = await handed_over(source)
        assert (again.event.attempt, again.renew_every) == (2, 20)
        await again.complete()
    assert account.queues.texts(QUEUE) == []
    assert account.receipts == {"input/a.json": {}}


async def test_what_is_given_up_leaves_message_record_file_and_receipt():
    account = Account()
    await failed_for_good(account)
    assert left(account) == (True, True)
    assert json.loads(account.blobs.containers["output"]["a_error.json"][1])["error"] == "ValueError: no JSON"
    assert account.receipts["input/a.json"] == {"Poisoned": "Poisoned", "Attempt": "1"}
    assert len(account.queues.texts(POISON_QUEUE)) == 1


@pytest.mark.parametrize("by", ["newer version", "replay"])
async def test_a_later_success_takes_away_file_and_record(by):
    account = Account()
    await failed_for_good(account)
    if by == "replay":
        await account.queues.send(QUEUE, message('"1"', replay="r1"))
    else:
        await account.put("a.json")
    async with account.source(**OPTIONS) as source:
        (delivery,) = await handed_over(source)
        assert delivery.event.metadata.get("Replay") == ("r1" if by == "replay" else None)
        await delivery.complete()
    assert left(account) == (False, False)
    if by == "replay":
        assert account.receipts["input/a.json"] == {}


@pytest.mark.parametrize("noted", [True, False])
async def test_a_done_version_is_not_run_again_unless_azures_host_said_so_before_its_run(noted):
    account = Account()
    await account.put("a.json")
    async with account.source() as source:
        await (await pulled(source))[0].complete()
        await account.queues.send(QUEUE, message('"1"', noted=noted))
        await account.queues.receive(QUEUE, 1, hidden=0)
        if noted:
            async with asyncio.timeout(3):
                while account.queues.texts(QUEUE):
                    source._parts.hub.wake()
                    assert not await source.receive(10, timeout=0.005)
        else:
            (again,) = await handed_over(source)
            await again.complete()
    assert account.queues.texts(QUEUE) == []


async def test_a_gone_blob_is_taken_out_of_the_queue():
    account = Account()
    await account.queues.send(QUEUE, message('"1"'))
    async with account.source() as source, asyncio.timeout(3):
        while account.queues.texts(QUEUE):
            source._parts.hub.wake()
            assert not await source.receive(10, timeout=0.005)


async def test_an_error_file_that_can_have_no_name_keeps_nobody_from_giving_up(caplog):
    account = Account()
    await account.put("a.json")
    async with account.source(max_attempts=1, error_path=BlobPath.parse("output/../{blobname}")) as source:
        (delivery,) = await pulled(source)
        await delivery.abandon(ValueError("no JSON"))
        assert len(source._line) == 0
    assert account.receipts["input/a.json"]["Poisoned"]
    assert "is given up" in caplog.text


async def test_an_outage_while_giving_up_has_it_done_later_without_another_run():
    account = Account()
    await account.put("a.json")
    async with account.source(max_attempts=1, **OPTIONS) as source:
        (delivery,) = await pulled(source)
        account.queues.reachable = False
        await delivery.abandon(ValueError("no JSON"))
        account.queues.reachable = True
        assert await pulled(source) == []
    assert account.receipts["input/a.json"]["Poisoned"]
    assert left(account) == (True, True)


class Away:
    """What an account is asked, but away for the first call of one method that names `part`."""

    def __init__(self, owner: object, method: str, part: str) -> None:
        self._real = getattr(owner, method)
        self._part = part
        self.calls: list[str] = []
        setattr(owner, method, self)

    async def __call__(self, *given: object, **options: object) -> object:
        text = next((str(one) for one in given if self._part in str(one)), None)
        if text is not None:
            self.calls.append(text)
            if len(self.calls) == 1:
                raise SourceUnavailable("503")
        return await self._real(*given, **options)


@pytest.mark.parametrize("step", ["record", "poison", "receipt", "message"])
async def test_what_is_given_up_in_an_outage_is_told_as_it_was_and_once(step):
    account = Account()
    await account.put("a.json")
    async with account.source(max_attempts=2, **OPTIONS) as source:
        (delivery,) = await pulled(source)
        await delivery.abandon(ValueError("no JSON"))
        account.clock.forward(1)
        (delivery,) = await handed_over(source)
        owner, method, part = {
            "record": (account.own, "write", "blobfailures"),
            "poison": (account.queues, "send", POISON_QUEUE),
            "receipt": (account.ledger, "put", "a.json"),
            "message": (account.queues, "delete", QUEUE),
        }[step]
        away = Away(owner, method, part)
        await delivery.abandon(ValueError("the true reason"))
        assert len(away.calls) == 1
        # Whether this candidate or its message, visible by now, comes first.
        account.clock.forward(61)
        async with asyncio.timeout(3):
            while account.queues.texts(QUEUE):
                source._parts.hub.wake()
                assert not await source.receive(10, timeout=0.005)
    assert len(account.queues.texts(POISON_QUEUE)) == 1
    record = json.loads(account.own.containers["azure-webjobs-hosts"][RECORD][1])
    assert record["error"] == "ValueError: the true reason"
    assert (record["attempt"], record["traceId"]) == (2, delivery.event.id)
    assert account.receipts["input/a.json"] == {"Poisoned": "Poisoned", "Attempt": "2"}


async def test_a_direct_run_that_takes_long_is_claimed_so_that_another_holder_leaves_it_alone():
    account = Account()
    await account.put("a.json")
    async with account.source() as first:
        (delivery,) = await pulled(first)
        assert account.receipts == {}
        await delivery.renew()
        await delivery.renew()
        account.held.clear()
        async with account.source() as second:
            assert await pulled(second) == []
            await delivery.complete()
    assert account.receipts == {"input/a.json": {}}


async def test_a_direct_run_that_another_instance_runs_too_is_lost():
    account = Account()
    await account.put("a.json")
    async with account.source() as source:
        (delivery,) = await pulled(source)
        await source._parts.receipts.claim(delivery._candidate.blob)
        with pytest.raises(DeliveryLost, match="may be handled twice"):
            await delivery.renew()


async def test_a_long_direct_run_that_fails_comes_again_as_its_second_attempt():
    account = Account()
    await account.put("a.json")
    async with account.source() as source:
        (delivery,) = await pulled(source)
        await delivery.renew()
        await delivery.abandon(ValueError("no JSON"))
        account.clock.forward(1)
        (again,) = await pulled(source)
        assert again.event.attempt == 2
        await again.complete()
    assert account.receipts == {"input/a.json": {}}


async def failed_once(account: Account) -> None:
    await account.put("a.json")
    async with account.source() as source:
        (delivery,) = await pulled(source)
        await delivery.abandon(ValueError("no JSON"))
    account.clock.forward(1)


async def test_a_blob_that_others_took_and_never_began_with_is_run_all_the_same():
    account = Account()
    await failed_once(account)
    for _ in range(7):
        await account.queues.receive(QUEUE, 1, hidden=0)
    async with account.source() as source:
        (delivery,) = await handed_over(source)
        assert delivery.event.attempt == 3
        await delivery.complete()
    assert account.queues.texts(POISON_QUEUE) is None


async def test_a_blob_from_the_queue_that_kills_each_host_is_given_up_after_the_last_attempt():
    account = Account()
    await failed_once(account)
    for attempt in (2, 3, 4):
        source = account.source(max_attempts=4)
        await source.__aenter__()
        (delivery,) = await handed_over(source)
        assert delivery.event.attempt == attempt
        await account.kill(source)
        account.clock.forward(61)
    async with account.source(max_attempts=4) as source, asyncio.timeout(3):
        while account.queues.texts(QUEUE):
            source._parts.hub.wake()
            assert not await source.receive(10, timeout=0.005)
    assert len(account.queues.texts(POISON_QUEUE)) == 1
    assert account.receipts["input/a.json"] == {"Poisoned": "Poisoned", "Attempt": "4"}
