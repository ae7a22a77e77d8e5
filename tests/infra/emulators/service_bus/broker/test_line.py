"""infra.emulators.service_bus.broker.line"""

from datetime import UTC, datetime

from infra.emulators.service_bus.broker.contract import Saved
from infra.emulators.service_bus.broker.journal import NoJournal
from infra.emulators.service_bus.broker.line import Line
from infra.emulators.service_bus.broker.store import Store
from tests.infra.emulators.service_bus.broker.world import message


def line_of(count: int) -> tuple[Line, Store]:
    store = Store("q", NoJournal(), Saved())
    line = Line("s", store)
    for _ in range(count):
        line.push(store.add(message(), enqueued=datetime(2026, 1, 1, tzinfo=UTC)).sequence_number)
    return line, store


def test_the_oldest_comes_first_also_when_it_returns() -> None:
    line, _ = line_of(3)
    assert line.pop() == 1
    line.push(1)

    assert [line.pop() for _ in range(4)] == [1, 2, 3, None]


def test_messages_that_are_gone_are_skipped() -> None:
    line, store = line_of(2)
    store.remove(1)

    assert line.head == 2
    assert line.pop() == 2


def test_a_line_is_kept_for_whatever_it_has() -> None:
    line, store = line_of(1)
    assert not line.is_forgettable
    store.remove(1)
    assert line.is_forgettable
    line.state = b"x"
    assert not line.is_forgettable


def test_every_receiver_is_woken() -> None:
    line, _ = line_of(0)
    woken = []
    line.receivers.update({1: lambda: woken.append(1), 2: lambda: woken.append(2)})
    line.wake()

    assert woken == [1, 2]
