"""Compose everything: load, warm up, listen, serve, drain. The only file that knows all parts."""

import asyncio
import logging
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from function_host.config import HostConfig, load_config
from function_host.dispatcher import Dispatcher
from function_host.errors import AddressInUse, AppLoadError
from function_host.functions import Function
from function_host.host_id import host_id
from function_host.http.app import FunctionRoutes, HttpApp
from function_host.http.auth import Authorizer
from function_host.http.routing import RouteTable
from function_host.http.server import HttpServer
from function_host.keys import FileKeyStore, KeyRing, KeyStore, MemoryKeyStore
from function_host.loader import load_functions
from function_host.scoring.errors import EntryScriptError
from function_host.settings import load_settings, publish
from triggers.asgi import ASGIApp
from triggers.contract import Binding, Event, Listener, ListenerContext, OutputWriter
from triggers.registry import adapters, by_binding_type

_log = logging.getLogger("Host")

WARM_UP = "warmuptrigger"


class Host:
    """Runs the functions of one app until told to stop."""

    def __init__(
        self, root: Path, functions: Sequence[Function], config: HostConfig, settings: Mapping[str, str]
    ) -> None:
        self.functions = functions
        self.config = config
        self.keys = KeyRing(_key_store(settings))
        self._root = root
        self._settings = settings
        self._routes = RouteTable()
        self._threads = ThreadPoolExecutor(thread_name_prefix="function")
        self._listeners: list[Listener] = []
        self._dispatchers: list[Dispatcher] = []
        self._server: HttpServer | None = None
        self._ready = False
        self.app: ASGIApp = HttpApp(self._routes, Authorizer(self.keys), lambda: self._ready)

    @classmethod
    def load(cls, root: Path, environment: Mapping[str, str] | None = None) -> "Host":
        """The host for the app in `root`; raises HostError for what is wrong with the app or its configuration."""
        root = root.resolve()
        settings = load_settings(root, environment)
        config = load_config(root, settings)
        publish(settings)
        return cls(root, load_functions(root), config, settings)

    async def start_functions(self) -> None:
        """Warm up, then start every listener; only then is the app ready. Raises what a warm-up script raised."""
        self.keys.host_key()  # A caller needs it before the first request: it is made now, not with that request.
        dispatchers = {function.name: self._dispatcher(function) for function in self.functions}
        self._dispatchers = list(dispatchers.values())
        for function in self.functions:
            if function.trigger.type.lower() == WARM_UP:
                await self._warm_up(dispatchers[function.name])
        for function in self.functions:
            if function.trigger.type.lower() != WARM_UP:
                await dispatchers[function.name].open()
                listener = self._listener(function, dispatchers[function.name])
                await listener.start()
                self._listeners.append(listener)
        self._ready = True

    @property
    def keeps_keys(self) -> bool:
        """Are there keys to find again after a restart?"""
        return "FUNCTIONS_SECRETS_PATH" in self._settings

    @property
    def needs_keys(self) -> bool:
        """Does any HTTP function ask its callers for a key?"""
        return any(
            function.trigger.option("authLevel", "function").lower() != "anonymous"
            for function in self.functions
            if function.trigger.type.lower() == "httptrigger"
        )

    def bind(self, host: str, port: int) -> None:
        """Take the address before anything is started that would have to be undone; raises AddressInUse."""
        self._server = HttpServer(self.app, host=host, port=port)
        self._server.bind()

    async def serve(self) -> str:
        """Open the port that was bound and give back the base URL."""
        if self._server is None:
            raise AddressInUse("No address was bound; call bind() first.")
        return await self._server.start()

    async def stop(self) -> None:
        """Drain: the port closes, listeners settle what they claimed, then everything is released."""
        self._ready = False
        if self._server is not None:
            await self._server.stop()
        await asyncio.gather(*(listener.stop() for listener in self._listeners))
        for dispatcher in self._dispatchers:
            await dispatcher.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _dispatcher(self, function: Function) -> Dispatcher:
        return Dispatcher(function, root=self._root, threads=self._threads, open_writer=self._open_writer)

    def _open_writer(self, output: Binding) -> OutputWriter:
        for adapter in adapters().values():
            if output.type in adapter.outputs:
                return adapter.outputs[output.type](output, self._settings)
        known = sorted({"http"}.union(*(adapter.outputs for adapter in adapters().values())))
        raise AppLoadError(
            f"The output binding {output.name!r} has type {output.type!r}; this host writes {', '.join(known)}."
        )

    def _listener(self, function: Function, dispatcher: Dispatcher) -> Listener:
        adapter = by_binding_type(function.trigger.type)
        return adapter.listen(
            ListenerContext(
                function=function.name,
                binding=function.trigger,
                executor=dispatcher,
                routes=FunctionRoutes(table=self._routes, prefix=self.config.route_prefix, function=function.name),
                settings=self._settings,
                host_id=host_id(self._root, self._settings),
                extension=self.config.extensions.get(adapter.extension, {}),
            )
        )

    async def _warm_up(self, dispatcher: Dispatcher) -> None:
        """A scoring script that cannot start stops the host; any other warm-up may fail, as on Azure."""
        try:
            await dispatcher.invoke(Event(id=str(uuid.uuid4()), data=None))
        except EntryScriptError:
            raise
        except Exception:
            _log.exception("A warm-up function failed; the app goes on without it.")


def _key_store(settings: Mapping[str, str]) -> KeyStore:
    folder = settings.get("FUNCTIONS_SECRETS_PATH")
    return FileKeyStore(Path(folder)) if folder else MemoryKeyStore()
