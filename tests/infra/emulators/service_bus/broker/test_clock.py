"""infra.emulators.service_bus.broker.clock"""

from datetime import UTC, datetime, timedelta

from infra.emulators.service_bus.broker.clock import ManualClock, SystemClock


def test_the_machines_time_is_aware() -> None:
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_a_manual_clock_moves_by_hand_only() -> None:
    clock = ManualClock()
    before = clock.now()
    clock.advance(1.5)
    clock.advance(timedelta(minutes=1))

    assert clock.now() - before == timedelta(seconds=61.5)
