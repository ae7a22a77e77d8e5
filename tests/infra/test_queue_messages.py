import asyncio
import threading
from pathlib import Path

import pytest

from infra.app_run import AppRun
from infra.errors import InvalidRunRequest, InvocationFailed, RunTimedOut
from infra.queue_messages import ask, send
from tests.support import runs
from triggers.folder_queues import FolderQueues
from triggers.queue_encoding import MessageEncoding

QUEUE = {
    "name": "score_message",
    "url": None,
    "bindings": [
        {"type": "queueTrigger", "direction": "IN", "name": "message", "queueName": "in", "connection": "C"},
        {"type": "queue", "direction": "OUT", "name": "$return", "queueName": "out", "connection": "C"},
    ],
}
FUNCTION = runs.function(QUEUE)
BASE64 = MessageEncoding.BASE64


def never() -> bool:
    return False


@pytest.fixture
def app(tmp_path: Path) -> AppRun:
    return runs.app_run(tmp_path, FUNCTION)


@pytest.fixture
def queues(tmp_path: Path) -> FolderQueues:
    (tmp_path / "storage").mkdir()
    return FolderQueues(tmp_path / "storage")


def answer_one(queues: FolderQueues) -> None:
    async def answering() -> None:
        while not (found := await queues.receive("in", 1, hidden=30)):  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(0.005)
        await queues.send("out", BASE64.encode(b"re: " + BASE64.decode(found[0].text)))

    asyncio.run(answering())


def test_the_answer_is_the_next_message_and_stays(app: AppRun, queues: FolderQueues) -> None:
    asyncio.run(queues.send("out", BASE64.encode(b"an older answer")))
    answering = threading.Thread(target=answer_one, args=(queues,))
    answering.start()

    sent_to, found_at, body = ask(app, FUNCTION, b"hello", 10, never)
    answering.join()

    assert (sent_to, body) == ("in", b"re: hello")
    assert found_at.startswith("out ")
    assert asyncio.run(queues.count("out")) == 2


def test_silence_is_told(app: AppRun, queues: FolderQueues) -> None:
    with pytest.raises(RunTimedOut, match="No answer was in queue 'out' in time after a message was sent to 'in'"):
        ask(app, FUNCTION, b"", 0.02, never)
    assert asyncio.run(queues.count("in")) == 1


def test_nobody_waits_for_a_function_that_failed(app: AppRun, queues: FolderQueues) -> None:
    with pytest.raises(InvocationFailed, match="score_message failed"):
        ask(app, FUNCTION, b"", 10, lambda: True)


def test_what_cannot_be_seen_is_refused(app: AppRun, queues: FolderQueues) -> None:
    with pytest.raises(InvalidRunRequest, match="writes to no queue"):
        ask(app, runs.function(QUEUE, bindings=QUEUE["bindings"][:1]), b"", 1, never)

    async def fill() -> None:
        for _ in range(32):
            await queues.send("out", "")

    asyncio.run(fill())
    with pytest.raises(InvalidRunRequest, match="holds 32 messages or more"):
        ask(app, FUNCTION, b"", 1, never)


def test_plain_text_where_host_json_says_so(app: AppRun, queues: FolderQueues) -> None:
    app.app.mkdir()
    (app.app / "host.json").write_text('{"extensions": {"queues": {"messageEncoding": "none"}}}')

    assert send(app, FUNCTION, b"hello") == "in"

    (message,) = asyncio.run(queues.peek("in", 32))
    assert message.text == "hello"
