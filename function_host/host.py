"""Compose everything: load, warm up, listen, serve, drain. The only file that knows all parts."""

import asyncio
import logging
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from function_host.config import HostConfig, load_config
from function_host.dispatcher import Dispatcher
from function_host.errors import AddressInUse, AppLoadError, AppNotFound, ConfigError, HostError
from function_host.expressions import resolve
from function_host.functions import Function
from function_host.host_id import host_id
from function_host.http.admin import AdminApi
from function_host.http.admin_keys import KeysApi
from function_host.http.app import FunctionRoutes, HttpApp, homepage_enabled
from function_host.http.auth import Authorizer
from function_host.http.middleware import wrap
from function_host.http.routing import RouteTable
from function_host.http.server import HttpServer
from function_host.http.webhooks import Webhooks
from function_host.keys import KeyRing, KeyStore, MemoryKeyStore, choose_key_store, prepare_keys
from function_host.lifespan import end_lifespan
from function_host.loader import LoadedApp, load_app
from function_host.scoring import ScoringApp
from function_host.scoring.errors import EntryScriptError
from function_host.settings import load_settings, publish, thread_count
from function_host.status import ERROR, RUNNING, STOPPING, HostStatus, disabled_functions
from function_host.telemetry.tracebacks import users_part
from triggers.asgi import ASGIApp
from triggers.contract import (
    Binding,
    BindingAdapter,
    BindingContext,
    Event,
    HandRun,
    InputReader,
    Listener,
    ListenerContext,
    OutputWriter,
    text_event,
)
from triggers.errors import TriggerError
from triggers.registry import binding_adapter, by_binding_type
from triggers.signals import Signals

_log = logging.getLogger("Host")

_WARM_UP = "warmuptrigger"
_WAIT_FOR_KEYS = 2.0


class Host:
    """Runs the functions of one app until told to stop."""

    def __init__(
        self, root: Path, app: LoadedApp, config: HostConfig, settings: Mapping[str, str], keys: KeyStore
    ) -> None:
        self.config = config
        self.keys = KeyRing(keys)
        self.status = HostStatus(
            host_id=host_id(root, settings),
            functions=[
                f for f in app.functions if not config.only_functions or f.name.lower() in config.only_functions
            ],
            failures={name: str(error) for name, error in app.failures.items()},
            disabled=disabled_functions(app.functions, settings),
        )
        self._root = root
        self._app = app.app
        self._settings = settings
        self._own, self._routes, self._webhooks = RouteTable(), RouteTable(), Webhooks()
        self._threads = ThreadPoolExecutor(thread_count(settings), thread_name_prefix="function")
        self._listeners: list[Listener] = []
        self._dispatchers: dict[str, Dispatcher] = {}
        self._background: set[asyncio.Task[object]] = set()
        self._keys_task: asyncio.Task[None] | None = None
        self._signals = Signals()
        self._warmed = False
        self._server: HttpServer | None = None
        self.app: ASGIApp = self._http_app()

    @classmethod
    def load(cls, root: Path, environment: Mapping[str, str] | None = None) -> "Host":
        """The host for the app in `root`. Raises AppNotFound when there is none.

        What else is wrong with the app or its configuration leaves a host that runs nothing and says why.
        """
        root, started_in = root.resolve(), Path.cwd()
        settings: Mapping[str, str] = {}
        keys: KeyStore = MemoryKeyStore()
        config, app = HostConfig(), LoadedApp(functions=(), failures={})
        problem = ""
        try:
            settings = load_settings(root, environment)
            keys = choose_key_store(settings, host_id(root, settings), started_in)
            config = load_config(root, settings)
            publish(settings)
            app = load_app(root, settings)
        except (AppLoadError, ConfigError) as error:
            if isinstance(error, AppNotFound):
                raise
            _log.error("%s", error, exc_info=error.__cause__ and users_part(error.__cause__))
            problem = str(error)
        host = cls(root, app, config, settings, keys)
        host.status.app_error = problem
        return host

    async def start_functions(self) -> None:
        """Warm up, then start every listener; a function that cannot start is noted, and the others go on.

        Raises EntryScriptError when a scoring script cannot start: such an app has nothing else to do.
        """
        await self._begin_with_keys()
        if self.status.app_error:
            self.status.state = ERROR
            return
        for function in self.status.functions:
            self._prepare(function)
        await self.warm_up()
        for dispatcher in self._dispatchers.values():
            if self._listens(dispatcher.function):
                await self._listen(dispatcher)
        for error in self.status.errors:
            _log.error("%s", error)
        if self.config.unknown_keys:
            _log.warning("host.json has keys that mean nothing here: %s.", ", ".join(self.config.unknown_keys))
        self.status.state = RUNNING

    @property
    def keeps_keys(self) -> bool:
        """Are there keys to find again after a restart?"""
        return not self.keys.is_temporary

    @property
    def needs_keys(self) -> bool:
        """Does any HTTP function ask its callers for a key?"""
        return any(
            function.trigger.option("authLevel", "function").lower() != "anonymous"
            for function in self.status.functions
            if function.trigger.type.lower() == "httptrigger"
        )

    @property
    def is_bound(self) -> bool:
        """Was the address taken?"""
        return self._server is not None

    def load_shared(self) -> None:
        """Load what worker processes made from now on shall share; raises EntryScriptError."""
        if isinstance(self._app, ScoringApp):
            self._app.load()

    def bind(self, host: str, port: int) -> None:
        """Take the address before anything is started that would have to be undone; raises AddressInUse."""
        self._server = HttpServer(self.app, host=host, port=port)
        self._server.bind()

    async def serve(self) -> str:
        """Open the port that was bound and give back the base URL."""
        if self._server is None:
            raise AddressInUse("No address was bound; call bind() first.")
        return await self._server.start()

    async def warm_up(self) -> None:
        """Run the app's warm-up functions, once; failures other than a scoring script's are only logged."""
        if self._warmed:
            return
        self._warmed = True
        for dispatcher in self._dispatchers.values():
            if dispatcher.function.trigger.type.lower() == _WARM_UP:
                try:
                    await dispatcher.invoke(Event(id=str(uuid.uuid4()), data=None))
                except EntryScriptError:
                    raise
                except Exception:
                    _log.exception("The warm-up function %r failed.", dispatcher.function.name)

    async def stop(self) -> None:
        """Drain: the port closes, listeners settle what they claimed, then everything is released."""
        self.status.state = STOPPING
        serving = [] if self._server is None else [self._server.stop()]
        # At the same time: while a slow request is being answered, nothing new is taken elsewhere either.
        await asyncio.gather(*serving, *(listener.stop() for listener in self._listeners))
        await asyncio.gather(*self._background)
        if self._keys_task is not None:
            self._keys_task.cancel()
            await asyncio.wait((self._keys_task,))
        await self.keys.close()
        for dispatcher in self._dispatchers.values():
            await dispatcher.close()
        await end_lifespan(self._app)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _begin_with_keys(self) -> None:
        """Have them made, but wait a moment only: functions that need none can run without their store."""
        self._keys_task = asyncio.create_task(prepare_keys(self.keys))
        done, _ = await asyncio.wait((self._keys_task,), timeout=_WAIT_FOR_KEYS)
        for task in done:
            task.result()

    def _prepare(self, function: Function) -> None:
        try:
            function = resolve(function, self._settings)
            by_binding_type_or_warm_up(function)
            self._dispatchers[function.name] = Dispatcher(
                function,
                root=self._root,
                threads=self._threads,
                open_reader=self._open_reader,
                open_writer=self._open_writer,
                timeout=self.config.function_timeout,
            )
        except (HostError, TriggerError) as error:
            self.status.failures[function.name] = str(error)

    def _listens(self, function: Function) -> bool:
        """A disabled function takes no events; its route stays for whoever has the master key."""
        kind = function.trigger.type.lower()
        return kind != _WARM_UP and (kind == "httptrigger" or function.name not in self.status.disabled)

    async def _listen(self, dispatcher: Dispatcher) -> None:
        function = dispatcher.function
        adapter = by_binding_type(function.trigger.type)
        routes = FunctionRoutes(
            functions=self._routes,
            own=self._own,
            webhooks=self._webhooks,
            prefix=self.config.http.route_prefix,
            function=function.name,
        )
        context = ListenerContext(
            function=function.name,
            binding=function.trigger,
            executor=dispatcher,
            routes=routes,
            settings=self._settings,
            host_id=self.status.host_id,
            extension=self.config.extensions.get(adapter.extension, {}),
            signals=self._signals,
            lease_times=self.config.lease_times,
        )
        await dispatcher.open()
        try:
            listener = adapter.listen(context)
        except (HostError, TriggerError) as error:
            self.status.failures[function.name] = str(error)
            return
        # Whoever stops the host while this one starts must stop it, too.
        self._listeners.append(listener)
        try:
            await listener.start()
        except (HostError, TriggerError) as error:
            self.status.failures[function.name] = str(error)
            self._listeners.remove(listener)

    def _open_writer(self, output: Binding) -> OutputWriter:
        adapter = binding_adapter(output.type)
        if adapter.writer is None:
            raise AppLoadError(f"The binding {output.name!r} is an output, but {output.type!r} has only inputs.")
        return adapter.writer(self._binding_context(output, adapter))

    def _open_reader(self, source: Binding) -> InputReader:
        adapter = binding_adapter(source.type)
        if adapter.reader is None:
            raise AppLoadError(f"The binding {source.name!r} is an input, but {source.type!r} has only outputs.")
        return adapter.reader(self._binding_context(source, adapter))

    def _binding_context(self, binding: Binding, adapter: BindingAdapter) -> BindingContext:
        extension = self.config.extensions.get(adapter.extension, {})
        return BindingContext(binding=binding, settings=self._settings, extension=extension, signals=self._signals)

    async def _invoke(self, function: Function, text: str) -> None:
        """Run a function in the background for an input given as text; failures are only in the log.

        Raises TriggerError for a text that no event can be made of.
        """
        dispatcher = self._dispatchers[function.name]
        trigger = dispatcher.function.trigger
        event_of = text_event if trigger.type.lower() == _WARM_UP else by_binding_type(trigger.type).event_of
        event = await event_of(HandRun(function=function.name, binding=trigger, settings=self._settings, text=text))
        task = asyncio.create_task(dispatcher.execute(event))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _http_app(self) -> ASGIApp:
        admin = AdminApi(self.status, prefix=self.config.http.route_prefix, invoke=self._invoke, warm_up=self.warm_up)
        admin.mount(self._own)
        KeysApi(self.keys, self.status).mount(self._own)
        homepage = homepage_enabled(self._settings)
        app = HttpApp(self.status, Authorizer(self.keys), own=self._own, functions=self._routes, homepage=homepage)
        return wrap(app, self.config.http)


def by_binding_type_or_warm_up(function: Function) -> None:
    """Raises UnknownTrigger when nobody serves the function's trigger."""
    if function.trigger.type.lower() != _WARM_UP:
        by_binding_type(function.trigger.type)
