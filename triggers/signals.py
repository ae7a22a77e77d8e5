"""A word from an output to the listeners of the same host: something was put where you look."""

import asyncio
from collections import defaultdict
from weakref import WeakSet


class Signals:
    """Wakes those that wait at a place; a host has one of them for all its functions."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, WeakSet[asyncio.Event]] = defaultdict(WeakSet)

    def at(self, place: str) -> asyncio.Event:
        """An event of its own for one listener, set whenever something is put at `place`."""
        event = asyncio.Event()
        self._waiting[place].add(event)
        return event

    def wake(self, place: str) -> None:
        """Tell every listener at `place`."""
        if place in self._waiting:
            for event in self._waiting[place]:
                event.set()
