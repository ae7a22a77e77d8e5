"""infra.replaying"""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.app_settings import CONNECTIONS
from infra.errors import InvalidRunRequest, NoSuchFailure
from infra.replaying import Replay, Selection, replay, replay_failures
from tests.support import failed
from triggers.blob_messages import BlobMessage
from triggers.errors import SourceUnavailable
from triggers.folder_queues import FolderQueues

THEN = datetime(2024, 5, 1, 8, tzinfo=UTC)
VERSION = BlobMessage(function="one", container="input", name="deep/a.txt", etag='"0x1"')


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in CONNECTIONS:
        monkeypatch.delenv(name, raising=False)
    return failed.app_folder(tmp_path)


def test_nothing_selected_is_refused() -> None:
    with pytest.raises(InvalidRunRequest, match="Nothing says what to replay"):
        Selection()


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(match="*"), True),
        (Selection(match="input/*.txt"), True),
        (Selection(match="deep/?.txt"), True),
        (Selection(match="a.txt"), False),
        (Selection(match="DEEP/*"), False),
        (Selection(etag='"0x1"'), True),
        (Selection(etag="0x1"), True),
        (Selection(etag="0x"), False),
        (Selection(function="ONE"), True),
        (Selection(function="two"), False),
        (Selection(since=THEN), True),
        (Selection(since=THEN + timedelta(seconds=1)), False),
        (Selection(since=THEN.astimezone().replace(tzinfo=None)), True),
        (Selection(match="*", etag="0x2"), False),
        (Selection(match="deep/[ab].txt"), False),
    ],
)
def test_everything_given_must_fit(selection: Selection, taken: bool) -> None:
    assert selection.takes(VERSION, THEN) is taken


def test_failed_blobs_are_asked_for_by_what_their_records_say(app: Path) -> None:
    failed.record(app, "one", "input/a.txt", etag='"0x7"')
    failed.record(app, "two", "other/b.txt", time="2020-01-01T00:00:00+00:00")

    done = replay(app, Selection(failed=True, since=THEN))

    assert (done.count, done.names, done.dry_run) == (1, ["input/a.txt"], False)
    assert failed.asked(app) == [
        BlobMessage(function="one", container="input", name="a.txt", etag='"0x7"', replay=done.id)
    ]


@pytest.mark.process
def test_blobs_are_listed_as_their_functions_name_them(app: Path) -> None:
    for name in ("input/a.txt", "input/deep/b.txt", "input/c.json", "other/c.json", "third/a.txt"):
        failed.put(failed.storage_of(app) / name, "x")

    done = replay(app, Selection(match="*"))

    messages = failed.asked(app)
    assert done.count == 3
    assert {(one.function, one.container, one.name) for one in messages} == {
        ("one", "input", "a.txt"), ("one", "input", "deep/b.txt"), ("two", "other", "c.json"),
    }  # fmt: skip
    assert {one.replay for one in messages} == {done.id}
    assert all(one.etag.startswith('"') for one in messages)


def test_a_dry_run_counts_all_names_twenty_and_asks_for_nothing(app: Path) -> None:
    for number in range(70):
        failed.record(app, "one", f"input/{number:02}.txt")

    done = replay(app, Selection(failed=True), dry_run=True)

    assert (done.count, len(done.names), done.dry_run) == (70, 20, True)
    assert failed.asked(app) == []


@pytest.mark.process
def test_a_function_that_waits_for_no_blobs_is_told_with_those_that_do(app: Path) -> None:
    with pytest.raises(InvalidRunRequest, match=r"has no function 'three' with a blob trigger.*are: one, two\."):
        replay(app, Selection(function="three"))


def test_failures_are_replayed_by_name_or_all(app: Path) -> None:
    for name in ("input/a.txt", "input/b.txt"):
        failed.record(app, "one", name)

    some, counted = Replay(), Replay(dry_run=True)
    replay_failures(app, ["input/b.txt"], asked=some)
    assert some.names == ["input/b.txt"]
    assert [one.name for one in failed.asked(app)] == ["b.txt"]
    replay_failures(app, asked=counted)
    assert counted.count == 2
    with pytest.raises(NoSuchFailure, match=r"'input/c\.txt'"):
        replay_failures(app, ["input/a.txt", "input/c.txt"], asked=Replay())
    assert failed.asked(app) == []


def test_what_is_on_its_way_is_waited_for_when_one_message_fails(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("input/a.txt", "input/b.txt", "input/c.txt"):
        failed.record(app, "one", name)
    ended: list[str] = []

    async def send(self: FolderQueues, queue: str, text: str, *, hidden: int = 0) -> None:
        name = BlobMessage.decode(text).name
        if name == "a.txt":
            raise SourceUnavailable("The account is away.")
        await asyncio.sleep(0.01)
        ended.append(name)

    async def close(self: FolderQueues) -> None:
        ended.append("closed")

    monkeypatch.setattr(FolderQueues, "send", send)
    monkeypatch.setattr(FolderQueues, "close", close)
    with pytest.raises(SourceUnavailable, match="away"):
        replay(app, Selection(failed=True))
    assert ended[-1] == "closed"
    assert {"b.txt", "c.txt"} <= set(ended)
