"""The emulator as others use it: start, a connection string, stop."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from infra.emulators.service_bus.alarm import Alarm
from infra.emulators.service_bus.amqp.connection import Connection, Manner
from infra.emulators.service_bus.amqp.session import Acceptor
from infra.emulators.service_bus.broker.clock import SystemClock
from infra.emulators.service_bus.broker.config import NamespaceConfig
from infra.emulators.service_bus.broker.contract import Clock
from infra.emulators.service_bus.broker.namespace import Namespace
from infra.emulators.service_bus.broker.sqlite_journal import SqliteJournal
from infra.emulators.service_bus.cbs import SharedKey, anyone
from infra.emulators.service_bus.receiving import Desk
from infra.emulators.service_bus.server import Front, House
from infra.errors import EmulatorUnavailable

_KEY_NAME = "RootManageSharedAccessKey"
_ANY_KEY = "SAS_KEY_VALUE"
_PATIENCE = 1.0


@dataclass(kw_only=True)
class ServiceBusEmulator:
    """A Service Bus namespace on this machine, from `start()` to `stop()`, for development and tests.

    Not for production: no TLS unless a context is given, and every key is taken, as the official emulator does. With
    a `key`, only shared access signatures made with it open links. With a `data` folder, messages outlive it.
    """

    config: NamespaceConfig
    host: str = "127.0.0.1"
    port: int = 0
    """0 chooses a free one; after `start()` it is the one that was chosen."""

    data: Path | None = None
    tls: ssl.SSLContext | None = None
    key: str | None = None
    clock: Clock = field(default_factory=SystemClock)
    idle_timeout: float = 240.0

    def __post_init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._namespace: Namespace | None = None
        self._alarm: Alarm | None = None
        self._connections: set[Connection] = set()
        self._all_gone = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def namespace(self) -> Namespace:
        """What it holds; only the thread of its event loop may touch it."""
        if self._namespace is None:
            raise EmulatorUnavailable("The Service Bus emulator does not run; call start() first.")
        return self._namespace

    @property
    def connection_string(self) -> str:
        """What clients take; where TLS is on, they need the endpoint's address and certificate besides."""
        key = _ANY_KEY if self.key is None else self.key
        text = f"Endpoint=sb://{self.host}:{self.port};SharedAccessKeyName={_KEY_NAME};SharedAccessKey={key}"
        return text if self.tls is not None else f"{text};UseDevelopmentEmulator=true;"

    async def start(self) -> Self:
        """Listens. Raises EmulatorUnavailable when the port is taken."""
        journal = None if self.data is None else SqliteJournal(self.data)
        self._namespace = Namespace(self.config, clock=self.clock, journal=journal)
        self._alarm = Alarm(self._namespace, self.clock)
        manner = Manner(container_id=self.config.name, idle_timeout=self.idle_timeout)
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: self._connection(manner), self.host, self.port, ssl=self.tls
            )
        except OSError as cause:
            self._namespace.close()
            text = f"The Service Bus emulator cannot listen on {self.host}:{self.port}: {cause.strerror or cause}."
            raise EmulatorUnavailable(text) from cause
        self.port = self._server.sockets[0].getsockname()[1]
        self._alarm.ring()
        return self

    async def stop(self) -> None:
        """Tells every client that it is over, and waits for none of them for more than a second."""
        if self._server is None or self._alarm is None:
            return
        server, self._server = self._server, None
        server.close()
        self._alarm.stop()
        for connection in list(self._connections):
            connection.close()
        if self._connections:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_gone.wait(), _PATIENCE)
        for connection in list(self._connections):
            connection.abort()
        await asyncio.sleep(0)
        self._alarm.stop()
        self.namespace.close()

    def ring(self) -> None:
        """Lets happen at once what a clock that was moved brings."""
        if self._alarm is not None:
            self._alarm.ring()

    def _connection(self, manner: Manner) -> Connection:
        connection = Connection(manner, self._front)
        self._connections.add(connection)
        self._all_gone.clear()
        connection.on_closed = lambda: self._gone(connection)
        return connection

    def _gone(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._all_gone.set()

    def _front(self, _: Connection) -> Acceptor:
        assert self._alarm is not None  # noqa: S101 - connections come after start()
        allows = anyone if self.key is None else SharedKey(self.key)
        return Front(House(namespace=self.namespace, allows=allows), Desk(receivers={}, touched=self._alarm.touched))
