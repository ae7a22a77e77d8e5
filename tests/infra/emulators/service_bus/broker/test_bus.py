"""infra.emulators.service_bus.broker.bus"""

from datetime import datetime

from infra.emulators.service_bus.broker.bus import Alarm, Bus
from infra.emulators.service_bus.broker.clock import ManualClock
from infra.emulators.service_bus.broker.errors import EntityNotFound
from infra.emulators.service_bus.broker.journal import NoJournal
from tests.infra.emulators.service_bus.broker.world import SECOND


class Bell:
    def __init__(self) -> None:
        self.rung: list[tuple[str, object, datetime]] = []

    def ring(self, alarm: Alarm, now: datetime) -> None:
        self.rung.append((alarm.kind, alarm.of, now))


def nobody(path: str):
    raise EntityNotFound(path)


def test_time_rings_what_is_due() -> None:
    clock, bell = ManualClock(), Bell()
    bus = Bus(clock=clock, journal=NoJournal(), find=nobody, max_message_bytes=1, max_entity_bytes=1)
    start = bus.advance()
    bus.alarms.set(Alarm(bell, "lock", 1), start + SECOND)
    bus.alarms.set(Alarm(bell, "lock", 2), start + 3 * SECOND)
    bus.advance()
    assert bell.rung == []

    clock.advance(2)
    assert bus.advance() == start + 2 * SECOND
    assert bell.rung == [("lock", 1, start + 2 * SECOND)]
