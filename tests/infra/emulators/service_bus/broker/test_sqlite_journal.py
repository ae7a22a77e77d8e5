"""infra.emulators.service_bus.broker.sqlite_journal"""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.emulators.service_bus.amqp.types import Int, Timestamp
from infra.emulators.service_bus.broker.clock import ManualClock
from infra.emulators.service_bus.broker.config import (
    NamespaceConfig,
    QueueConfig,
    SubscriptionConfig,
    TopicConfig,
)
from infra.emulators.service_bus.broker.contract import SessionRequest, State
from infra.emulators.service_bus.broker.errors import JournalFailed
from infra.emulators.service_bus.broker.namespace import Namespace
from infra.emulators.service_bus.broker.queue import Queue
from infra.emulators.service_bus.broker.sqlite_journal import FILE_NAME, SqliteJournal
from infra.emulators.service_bus.message import Message, Properties, value_body, value_of
from tests.infra.emulators.service_bus.broker.world import SECOND, queue, receiver, taken

CONFIG = NamespaceConfig(
    queues=(QueueConfig(name="Q", duplicate_window=60 * SECOND), QueueConfig(name="s", requires_session=True)),
    topics=(TopicConfig(name="t", subscriptions=(SubscriptionConfig(name="a"), SubscriptionConfig(name="b"))),),
)


def message(text: str, **properties) -> Message:
    return Message(body=value_body(text), properties=Properties(**properties), size=len(text))


def texts(of: Queue) -> list[object]:
    return [value_of(each.message) for each in of.peek(limit=99)]


class Machine:
    """A namespace with a journal whose process can be killed."""

    def __init__(self, folder: Path) -> None:
        self._folders = iter(folder / str(number) for number in range(9))
        self.folder = next(self._folders)
        self.clock = ManualClock()
        self._open()

    def _open(self) -> None:
        self.journal = SqliteJournal(self.folder)
        self.namespace = Namespace(CONFIG, clock=self.clock, journal=self.journal)

    def kill(self) -> None:
        """What a killed process leaves are its files; they are opened elsewhere while the old ones are still open."""
        left = next(self._folders)
        shutil.copytree(self.folder, left)
        self.journal._db.close()
        self.folder = left
        self._open()

    def queue(self, path: str) -> Queue:
        return queue(self.namespace, path)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.journal._db.close()


def test_what_was_sent_survives_in_order_and_whole(machine: Machine) -> None:
    sent = message("a", message_id="1", subject="x")
    sent.annotations["x-mine"] = Timestamp(5)
    sent.application_properties["n"] = Int(3)
    sent.ttl = 30.5
    machine.queue("q").send([sent, message("b")])
    before = machine.queue("q").peek(limit=9)
    machine.kill()

    assert machine.queue("q").peek(limit=9) == before
    assert machine.queue("q").bytes == 2
    [kept, _] = machine.queue("q").peek(limit=9)
    assert type(kept.message.application_properties["n"]) is Int


def test_locks_do_not_survive_and_counts_do(machine: Machine) -> None:
    of = machine.queue("q")
    of.send([message("a")])
    link = receiver(of)
    of.abandon(taken(link).lock_token)
    taken(link)
    machine.kill()

    assert taken(receiver(machine.queue("q"))).delivery_count == 1


def test_settled_stays_settled(machine: Machine) -> None:
    of = machine.queue("q")
    of.send([message(text) for text in "abcd"])
    link = receiver(of)
    of.complete(taken(link).lock_token)
    of.defer(taken(link).lock_token)
    of.dead_letter(taken(link).lock_token, "bad", "very")
    taken(receiver(of, mode="receive_and_delete"))
    machine.kill()

    [deferred] = machine.queue("q").peek(limit=9)
    assert (value_of(deferred.message), deferred.state) == ("b", State.DEFERRED)
    [dead] = machine.queue("q/$DeadLetterQueue").peek(limit=9)
    assert value_of(dead.message) == "c"
    assert (dead.dead_letter_source, dead.enqueued_sequence_number) == ("Q", 3)


def test_numbers_go_on(machine: Machine) -> None:
    of = machine.queue("q")
    of.send([message("a")])
    of.complete(taken(receiver(of)).lock_token)
    machine.kill()
    machine.queue("q").send([message("b")])

    assert machine.queue("q").peek()[0].sequence_number == 2


def test_scheduled_messages_come_in_time(machine: Machine) -> None:
    at = machine.clock.now() + 10 * SECOND
    machine.queue("q").schedule([(message("a"), at)])
    machine.namespace.entity("t").schedule([(message("b"), at)])
    machine.kill()
    assert machine.queue("q").peek()[0].scheduled_for == at
    machine.clock.advance(10)

    assert taken(receiver(machine.queue("q"))).sequence_number == 2
    assert texts(machine.queue("t/Subscriptions/b")) == ["b"]


def test_what_expired_meanwhile_is_gone(machine: Machine) -> None:
    machine.queue("q").send([message("a")])
    machine.clock.advance(3600)
    machine.kill()

    assert machine.queue("q").peek() == []


def test_sessions_and_their_states_survive(machine: Machine) -> None:
    of = machine.queue("s")
    of.send([message("b", group_id="2"), message("a", group_id="1")])
    for session in ("1", "3"):
        receiver(of, session=SessionRequest(id=session))
        of.set_session_state(session, b"state")
    of.set_session_state("3", None)
    machine.kill()

    of = machine.queue("s")
    assert of.session_ids(updated_since=machine.clock.now() - SECOND, skip=0, top=9) == ["1"]
    assert receiver(of, session=SessionRequest()).session_id == "2"
    receiver(of, session=SessionRequest(id="1"))
    assert of.session_state("1") == b"state"


def test_duplicates_are_known(machine: Machine) -> None:
    machine.queue("q").send([message("a", message_id="1")])
    machine.clock.advance(59)
    machine.kill()
    machine.queue("q").send([message("b", message_id="1"), message("c", message_id="2")])
    machine.clock.advance(1)
    machine.queue("q").send([message("d", message_id="1")])
    machine.kill()
    machine.queue("q").send([message("e", message_id="1")])

    assert texts(machine.queue("q")) == ["a", "c", "d"]


def test_subscriptions_keep_their_copies(machine: Machine) -> None:
    machine.namespace.entity("t").send([message("a")])
    first = machine.queue("t/Subscriptions/a")
    first.complete(taken(receiver(first)).lock_token)
    machine.kill()

    assert texts(machine.queue("t/Subscriptions/a")) == []
    assert texts(machine.queue("t/Subscriptions/b")) == ["a"]


@pytest.mark.real_time
def test_two_at_a_time_are_refused(machine: Machine) -> None:
    with pytest.raises(JournalFailed, match="database is locked"):
        SqliteJournal(machine.folder)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("This is no database, but it is long enough to be looked at." * 100)

    with pytest.raises(JournalFailed, match="file is not a database"):
        SqliteJournal(tmp_path)


def test_what_cannot_be_written_is_not_acknowledged(machine: Machine) -> None:
    machine.journal._db.execute("PRAGMA query_only=ON")

    with pytest.raises(JournalFailed, match="could not be written") as raised:
        machine.queue("q").send([message("a")])
    assert isinstance(raised.value.__cause__, sqlite3.OperationalError)


def test_closing_commits(tmp_path: Path) -> None:
    namespace = Namespace(CONFIG, clock=ManualClock(), journal=SqliteJournal(tmp_path))
    queue(namespace, "q").send([message("a")])
    namespace.close()
    again = Namespace(CONFIG, clock=ManualClock(), journal=SqliteJournal(tmp_path))

    assert texts(queue(again, "q")) == ["a"]
    again.close()
