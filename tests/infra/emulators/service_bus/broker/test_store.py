"""infra.emulators.service_bus.broker.store"""

from datetime import UTC, datetime

from infra.emulators.service_bus.broker.contract import Saved, Stored
from infra.emulators.service_bus.broker.journal import NoJournal
from infra.emulators.service_bus.broker.store import SPARE, Store
from tests.infra.emulators.service_bus.broker.world import message

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def empty() -> Store:
    return Store("q", NoJournal(), Saved())


def test_numbers_begin_at_one_and_are_not_used_twice() -> None:
    store = empty()
    first = store.add(message("a"), enqueued=NOW)
    store.remove(first.sequence_number)
    second = store.add(message("b"), enqueued=NOW)

    assert (first.sequence_number, second.sequence_number) == (1, 2)
    assert 1 not in store
    assert store.get(1) is None
    assert store[2].message.body == b"b"


def test_bytes_are_those_of_what_is_there() -> None:
    store = empty()
    store.add(message("abc"), enqueued=NOW)
    store.add(message("de"), enqueued=NOW)
    store.remove(1)

    assert store.bytes == 2


def test_messages_come_in_order_from_a_number_on() -> None:
    store = empty()
    for _ in range(5):
        store.add(message(), enqueued=NOW)
    store.remove(3)

    assert [each.sequence_number for each in store.beginning_at(2)] == [2, 4, 5]


def test_numbers_that_are_gone_do_not_pile_up() -> None:
    store = empty()
    for _ in range(10 * SPARE):
        store.remove(store.add(message(), enqueued=NOW).sequence_number)

    assert len(store._numbers) <= 2 * SPARE
    assert len(store) == 0


def test_what_was_saved_goes_on() -> None:
    kept = Stored(message=message("abc"), sequence_number=4, enqueued=NOW)
    store = Store("q", NoJournal(), Saved(messages=[kept], last_sequence_number=7))

    assert store.bytes == 3
    assert store.add(message(), enqueued=NOW).sequence_number == 8
