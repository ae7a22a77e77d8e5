"""The real Service Bus client, sync and async, used in one and the same way, against an emulator whose time is set.

A row of the conformance table is a function of an emulator and of clients to it. `Table` runs it with the sync and with
the async client at the same time, each with an emulator of its own: the client sleeps half a second whenever a link is
opened or closed, and nothing else takes as long.
"""

import asyncio
import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from azure.servicebus import ServiceBusClient
from azure.servicebus.aio import ServiceBusClient as AsyncServiceBusClient

from infra.emulators.service_bus import NamespaceConfig, ServiceBusEmulator, running
from infra.emulators.service_bus.broker.clock import ManualClock
from infra.emulators.service_bus.broker.namespace import Namespace
from infra.emulators.service_bus.running import RunningEmulator

FLAVOURS = ("sync", "async")


class Waited:
    """An object of the client; what its methods give back is waited for where it must be."""

    def __init__(self, thing: Any, wait: Callable[[Any], Any]) -> None:
        self._thing = thing
        self._wait = wait

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._thing, name)
        if callable(found):
            return lambda *args, **options: self._wait(found(*args, **options))
        return Waited(found, self._wait) if name == "session" else found


class Clients:
    """One client of a flavour. Links cost half a second each, so that they are opened once and shared."""

    def __init__(self, flavour: str, connection_string: str) -> None:
        self._loop = asyncio.new_event_loop() if flavour == "async" else None
        kind = ServiceBusClient if self._loop is None else AsyncServiceBusClient
        self._client: Any = kind.from_connection_string(connection_string, retry_total=0)
        self._shared: dict[object, Waited] = {}

    def sender(self, entity: str) -> Waited:
        """A shared sender; the wire does not tell queues and topics apart."""
        return self._once(("sender", entity), lambda: self._client.get_queue_sender(entity))

    def receiver(self, entity: str, **options: Any) -> Waited:
        """A shared receiver of a queue, or of a subscription written as `topic/subscription`."""
        return self._once(("receiver", entity, *options.items()), lambda: self._receiver(entity, options))

    @contextmanager
    def own_sender(self, entity: str) -> Iterator[Waited]:
        with self._own(self._client.get_queue_sender(entity)) as sender:
            yield sender

    @contextmanager
    def own_receiver(self, entity: str, **options: Any) -> Iterator[Waited]:
        with self._own(self._receiver(entity, options)) as receiver:
            yield receiver

    def session_ids(self, entity: str, **options: Any) -> list[str]:
        """The sessions of a queue, as its receivers list them."""
        found = self._client.list_queue_sessions(entity, **options)
        return list(found) if self._loop is None else self._wait(_listed(found))

    def close(self) -> None:
        """Closes all links at the same time, because each takes half a second."""
        things = [shared._thing for shared in self._shared.values()]
        if self._loop is not None:
            self._wait(_all_closed(things))
            self._wait(self._client.close())
            self._loop.close()
            return
        threads = [threading.Thread(target=thing.close) for thing in things]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._client.close()

    def _receiver(self, entity: str, options: dict[str, Any]) -> Any:
        topic, _, subscription = entity.partition("/")
        if subscription:
            return self._client.get_subscription_receiver(topic, subscription, **options)
        return self._client.get_queue_receiver(entity, **options)

    def _once(self, key: object, make: Callable[[], Any]) -> Waited:
        if key not in self._shared:
            thing = make()
            self._wait(self._entered(thing))
            self._shared[key] = Waited(thing, self._wait)
        return self._shared[key]

    @contextmanager
    def _own(self, thing: Any) -> Iterator[Waited]:
        self._wait(self._entered(thing))
        try:
            yield Waited(thing, self._wait)
        finally:
            self._wait(thing.close())

    def _entered(self, thing: Any) -> Any:
        return thing.__enter__() if self._loop is None else thing.__aenter__()

    def _wait(self, result: Any) -> Any:
        if self._loop is None or not inspect.isawaitable(result):
            return result
        return self._loop.run_until_complete(result)


class TimedEmulator:
    """A running emulator and its clock."""

    def __init__(self, emulator: RunningEmulator, clock: ManualClock) -> None:
        self._emulator = emulator
        self._clock = clock

    @property
    def connection_string(self) -> str:
        return self._emulator.connection_string

    def now(self) -> datetime:
        return self._clock.now()

    def advance(self, seconds: float) -> None:
        """Time passes, and everything that it brings has happened."""
        self._emulator.call(lambda _: self._clock.advance(seconds))
        self._emulator.ring()

    def waiting(self, entity: str) -> int:
        """How many messages an entity holds, whatever their state."""
        return self._emulator.call(lambda namespace: len(namespace.entity(entity).peek(limit=1000)))

    def held(self) -> list[str]:
        """The bodies of all messages of all queues."""
        return self._emulator.call(_held)


class Table:
    """Runs rows with both clients."""

    def __init__(self, buses: Mapping[str, TimedEmulator]) -> None:
        self._pairs = {name: (bus, Clients(name, bus.connection_string)) for name, bus in buses.items()}
        self._threads = ThreadPoolExecutor(len(self._pairs))

    def run(self, row: Callable[..., None], **parameters: Any) -> None:
        """Raises what the row raises, with the client's name beside it."""
        running_rows = {
            name: self._threads.submit(row, bus, clients, **parameters) for name, (bus, clients) in self._pairs.items()
        }
        errors = {name: running_row.exception(60) for name, running_row in running_rows.items()}
        left = {name: bus.held() for name, (bus, _) in self._pairs.items()}
        for name, error in errors.items():
            if error is not None:
                error.add_note(f"This was the {name} client.")
                raise error
        assert left == {name: [] for name in self._pairs}, "a row leaves nothing behind"

    def close(self) -> None:
        list(self._threads.map(lambda pair: pair[1].close(), self._pairs.values()))
        self._threads.shutdown()


@contextmanager
def both_clients(config: NamespaceConfig) -> Iterator[Table]:
    """A table for rows that are marked with `row`."""
    with emulated(config) as for_sync, emulated(config) as for_async:
        table = Table({"sync": for_sync, "async": for_async})
        try:
            yield table
        finally:
            table.close()


def row(function: Callable[..., None]) -> Callable[..., None]:
    """Makes a test of a row `(bus, clients, ...)` for the module's fixture `table`; other parameters stay."""

    @functools.wraps(function)
    def test(table: Table, **parameters: Any) -> None:
        table.run(function, **parameters)

    own = list(inspect.signature(function).parameters.values())[2:]
    by_name = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    first = inspect.Parameter("table", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    test.__signature__ = inspect.Signature([first, *by_name])  # type: ignore[attr-defined]
    return test


def one(receiver: Waited) -> Any:
    """The next message."""
    (message,) = receiver.receive_messages(max_message_count=1, max_wait_time=2)
    return message


def text(message: Any) -> str:
    return b"".join(message.body).decode()


@contextmanager
def emulated(config: NamespaceConfig, **options: Any) -> Iterator[TimedEmulator]:
    """An emulator that starts now, because clients compare locks with their own time, and then stands still."""
    clock = ManualClock(datetime.now(UTC))
    with running(ServiceBusEmulator(config=config, clock=clock, **options)) as emulator:
        yield TimedEmulator(emulator, clock)


async def _all_closed(things: list[Any]) -> None:
    await asyncio.gather(*(thing.close() for thing in things))


async def _listed(found: Any) -> list[Any]:
    return [each async for each in found]


def _paths(config: NamespaceConfig) -> list[str]:
    owners = [queue.name for queue in config.queues]
    owners += [f"{topic.name}/Subscriptions/{each.name}" for topic in config.topics for each in topic.subscriptions]
    return [path for owner in owners for path in (owner, f"{owner}/$DeadLetterQueue")]


def _held(namespace: Namespace) -> list[str]:
    kept = {path: namespace.entity(path).peek(limit=100) for path in _paths(namespace.config)}
    return [f"{path}: {stored.message.body!r}" for path, messages in kept.items() for stored in messages]
