"""infra.emulators.service_bus.broker.locks"""

from infra.emulators.service_bus.broker.contract import Saved
from infra.emulators.service_bus.broker.journal import NoJournal
from infra.emulators.service_bus.broker.line import Line
from infra.emulators.service_bus.broker.locks import Locks
from infra.emulators.service_bus.broker.store import Store


def test_a_lock_is_found_until_it_ends() -> None:
    locks, line = Locks(), Line("s", Store("q", NoJournal(), Saved()))
    lock = locks.grant(7, line)
    assert locks.find(lock.token) is lock
    assert locks.holds(7)
    assert line.locks == {lock.token}

    locks.end(lock)
    assert locks.find(lock.token) is None
    assert not locks.holds(7)
    assert line.locks == set()
    assert len(locks) == 0


def test_locks_of_a_session_come_in_the_order_of_messages() -> None:
    locks, store = Locks(), Store("q", NoJournal(), Saved())
    line, other = Line("s", store), Line("t", store)
    for number in (5, 1, 3):
        locks.grant(number, line)
    locks.grant(2, other)

    assert [lock.number for lock in locks.of(line)] == [1, 3, 5]
