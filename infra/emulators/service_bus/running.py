"""The emulator in a thread of its own, for callers that have no event loop."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

from infra.emulators.service_bus.broker.namespace import Namespace
from infra.emulators.service_bus.emulator import ServiceBusEmulator

_PATIENCE = 10.0
_T = TypeVar("_T")


class RunningEmulator:
    """An emulator that listens; its methods may be called from any thread but its own."""

    def __init__(self, emulator: ServiceBusEmulator, loop: asyncio.AbstractEventLoop) -> None:
        self._emulator = emulator
        self._loop = loop

    @property
    def connection_string(self) -> str:
        return self._emulator.connection_string

    def call(self, act: Callable[[Namespace], _T]) -> _T:
        """What `act` returns, called with the namespace in the emulator's own thread."""
        done: Future[_T] = Future()

        def run() -> None:
            try:
                done.set_result(act(self._emulator.namespace))
            except BaseException as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result(_PATIENCE)

    def ring(self) -> None:
        """Lets happen what a clock that was moved brings; returns when it has."""
        self.call(lambda _: self._emulator.ring())


@contextmanager
def running(emulator: ServiceBusEmulator) -> Iterator[RunningEmulator]:
    """Starts the emulator in a thread and stops it at the end. Raises EmulatorUnavailable."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="service-bus-emulator", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(emulator.start(), loop).result(_PATIENCE)
        yield RunningEmulator(emulator, loop)
    finally:
        asyncio.run_coroutine_threadsafe(emulator.stop(), loop).result(_PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_PATIENCE)
        loop.close()
