"""Wakes the namespace when time brings something."""

import asyncio

from infra.emulators.service_bus.broker.contract import Clock
from infra.emulators.service_bus.broker.namespace import Namespace

# Looking up the next moment costs something; the broker never hands out what time has ended, so that a little late is
# early enough.
_DELAY = 0.02


class Alarm:
    """Rings at the namespace's next moment, in the event loop that it is used in."""

    def __init__(self, namespace: Namespace, clock: Clock) -> None:
        self._namespace = namespace
        self._clock = clock
        self._timers: list[asyncio.TimerHandle] = []
        self._looking = False

    def touched(self) -> None:
        """The broker was changed: its next moment may be another one."""
        if not self._looking:
            self._looking = True
            self._ring_in(_DELAY)

    def ring(self) -> None:
        """Lets happen what is due, and waits for what comes next."""
        self.stop()
        self._namespace.tick()
        moment = self._namespace.next_tick()
        if moment is not None:
            self._ring_in(max((moment - self._clock.now()).total_seconds(), _DELAY))

    def stop(self) -> None:
        """Rings no more, until it is touched."""
        for timer in self._timers:
            timer.cancel()
        self._timers, self._looking = [], False

    def _ring_in(self, seconds: float) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, self.ring))
