"""infra.emulators.service_bus.broker.alarms"""

from datetime import UTC, datetime, timedelta

from infra.emulators.service_bus.broker.alarms import SPARE, Alarms

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_what_is_due_comes_in_order_and_once() -> None:
    alarms: Alarms[str] = Alarms()
    alarms.set("late", at(3))
    alarms.set("early", at(1))
    alarms.set("never", at(9))

    assert list(alarms.due(at(3))) == ["early", "late"]
    assert list(alarms.due(at(3))) == []
    assert alarms.next() == at(9)


def test_a_moment_can_be_moved_and_taken_back() -> None:
    alarms: Alarms[str] = Alarms()
    alarms.set("a", at(1))
    alarms.set("a", at(5))
    alarms.set("b", at(2))
    alarms.cancel("b")

    assert list(alarms.due(at(4))) == []
    assert alarms.next() == at(5)


def test_what_is_set_while_others_ring_rings_too() -> None:
    alarms: Alarms[str] = Alarms()
    alarms.set("a", at(1))
    rung = []

    for key in alarms.due(at(2)):
        rung.append(key)
        if key == "a":
            alarms.set("b", at(2))

    assert rung == ["a", "b"]


def test_moments_taken_back_do_not_pile_up() -> None:
    alarms: Alarms[int] = Alarms()
    for number in range(10 * SPARE):
        alarms.set(number, at(number))
        alarms.cancel(number)

    assert len(alarms._heap) <= 2 * SPARE
