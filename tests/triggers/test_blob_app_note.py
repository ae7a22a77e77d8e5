"""triggers.blob_app_note"""

import asyncio
import logging

import pytest

from triggers.blob_app_note import AppNote
from triggers.blob_memory import MemoryBlobs
from triggers.blob_receipts import CONTAINER


def note(store: MemoryBlobs, **functions: str) -> AppNote:
    made = AppNote(store, "model")
    for function, path in functions.items():
        made.add(function, path)
    return made


async def kept(made: AppNote, *, holds: bool = True) -> None:
    is_holder = asyncio.Event()
    if holds:
        is_holder.set()
        await made.keep(is_holder)
        return
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(made.keep(is_holder), 0.01)


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


async def test_another_app_is_told_with_both_and_the_setting(caplog):
    store = MemoryBlobs()
    await kept(note(store, f="input/{n}.json"))

    for _ in range(2):
        caplog.clear()
        await kept(note(store, f="other/{n}.json", g="third"), holds=False)
        (told,) = errors(caplog)
        assert "'model'" in told
        assert "AzureFunctionsWebHost__hostid" in told
        assert "has f at 'input/{n}.json', this one f at 'other/{n}.json', g at 'third'" in told


async def test_an_app_that_looks_instead_of_it_is_told_once(caplog):
    store = MemoryBlobs()
    await kept(note(store, f="input"))
    await kept(note(store, g="input"))
    assert len(errors(caplog)) == 1
    await kept(note(store, g="input"))
    assert len(errors(caplog)) == 1


async def test_an_app_that_kept_one_function_is_the_same(caplog):
    store = MemoryBlobs()
    await kept(note(store, f="input", g="second"))
    await kept(note(store, g="second", h="third"))
    await kept(note(store, h="third"))
    assert errors(caplog) == []


async def test_nothing_is_noted_before_the_lease_is_held():
    store = MemoryBlobs()
    await kept(note(store, f="input"), holds=False)
    assert CONTAINER not in store.containers


@pytest.mark.parametrize("text", [b"", b"[]", b'{"Functions": 5}', b"\xff"])
async def test_what_cannot_be_read_holds_nobody_up(text, caplog):
    store = MemoryBlobs()
    await store.write(CONTAINER, "blobapps/model.json", text, "application/json")
    await kept(note(store, f="input"))
    assert errors(caplog) == []


async def test_an_account_that_is_away_holds_nobody_up(caplog):
    store = MemoryBlobs()
    store.reachable = False
    await kept(note(store, f="input"))
    assert errors(caplog) == []
