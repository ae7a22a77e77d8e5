"""Compose everything: load, warm up, listen, serve, drain. With wiring.py the only file that knows all parts."""

import asyncio
import logging
import uuid
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from pathlib import Path

from function_host.config import HostConfig, load_config
from function_host.dispatcher import Dispatcher
from function_host.errors import AddressInUse, AppLoadError, AppNotFound, ConfigError, HostError
from function_host.functions import Function
from function_host.http.admin import AdminApi
from function_host.http.admin_keys import KeysApi
from function_host.http.app import HttpApp, homepage_enabled
from function_host.http.auth import Authorizer
from function_host.http.middleware import wrap
from function_host.http.server import HttpServer
from function_host.in_time import done_within
from function_host.keys import FileKeyStore, KeyRing, KeyStore, MemoryKeyStore, choose_key_store, prepare_keys
from function_host.lifespan import end_lifespan
from function_host.loader import LoadedApp, load_app
from function_host.scoring import ScoringApp
from function_host.scoring.errors import EntryScriptError
from function_host.settings import DRAIN_SECONDS, drain_seconds, load_settings, publish, thread_count
from function_host.status import ERROR, RUNNING, STOPPING, HostStatus, disabled_functions
from function_host.telemetry.metrics import metrics_for
from function_host.telemetry.tracebacks import users_part
from function_host.threads import FunctionThreads
from function_host.wiring import WARM_UP, Wiring
from triggers.asgi import ASGIApp
from triggers.contract import (
    Event,
    Listener,
)
from triggers.errors import TriggerError
from triggers.host_id import host_id

_log = logging.getLogger("Host")

_WAIT_FOR_KEYS = 2.0
_WAIT_FOR_STORAGE = 2.0
"""Seconds for outputs, and then for listeners, before the port opens without those that are out of reach."""
_RELEASE = 2.0
"""Seconds to close what was open."""


class Host:
    """Runs the functions of one app until told to stop."""

    def __init__(
        self,
        root: Path,
        app: LoadedApp,
        config: HostConfig,
        settings: Mapping[str, str],
        keys: KeyStore,
        shared: Path | None = None,
    ) -> None:
        self.config = config
        self.keeps_keys = not isinstance(keys, MemoryKeyStore)
        """Are there keys to find again after a restart?"""
        self.keys = KeyRing(keys if self.keeps_keys or shared is None else FileKeyStore(shared / "keys"))
        self.drain_seconds: float = DRAIN_SECONDS
        self.metrics = metrics_for(settings, shared)
        self.status = HostStatus(
            host_id=host_id(root, settings),
            functions=[
                f for f in app.functions if not config.only_functions or f.name.lower() in config.only_functions
            ],
            failures={name: str(error) for name, error in app.failures.items()},
            disabled=disabled_functions(app.functions, settings),
        )
        self._app = app.app
        self.settings = settings
        self._threads = FunctionThreads(thread_count(settings))
        self._wiring = Wiring(
            root,
            config,
            settings,
            self.status.host_id,
            metrics=self.metrics,
            shared=shared,
            threads=self._threads.count,
            is_serial=isinstance(app.app, ScoringApp),
        )
        self._listeners: list[Listener] = []
        self._dispatchers: dict[str, Dispatcher] = {}
        self._background: set[asyncio.Task[object]] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._keys_task: asyncio.Task[None] | None = None
        self._warmed = False
        self._server: HttpServer | None = None
        self.app: ASGIApp = self._http_app()

    @classmethod
    def load(cls, root: Path, environment: Mapping[str, str] | None = None, *, shared: Path | None = None) -> "Host":
        """The host for the app in `root`. Raises AppNotFound when there is none.

        What else is wrong with the app or its configuration leaves a host that runs nothing and says why. The folder
        `shared` is for keys and locks of an app without storage, when several processes run it.
        """
        root, started_in = root.resolve(), Path.cwd()
        settings: Mapping[str, str] = {}
        keys: KeyStore = MemoryKeyStore()
        config, app = HostConfig(), LoadedApp(functions=(), failures={})
        problem: HostError | None = None
        seconds: float = DRAIN_SECONDS
        try:
            settings = load_settings(root, environment)
            keys = choose_key_store(settings, host_id(root, settings), started_in)
            seconds = drain_seconds(settings)
            config = load_config(root, settings)
            publish(settings)
            app = load_app(root, settings)
        except (AppLoadError, ConfigError) as error:
            if isinstance(error, AppNotFound):
                raise
            _log.error("%s", error, exc_info=error.__cause__ and users_part(error.__cause__))
            problem = error
        host = cls(root, app, config, settings, keys, shared)
        host.drain_seconds = seconds
        host.status.app_error = str(problem or "")
        host.status.is_unconfigured = isinstance(problem, ConfigError)
        return host

    async def start_functions(self) -> None:
        """Warm up, then start every listener; a function that cannot start is noted, and the others go on.

        Storage that does not answer holds nobody up: what needs it goes on trying while the host runs.
        Raises EntryScriptError when a scoring script cannot start: such an app has nothing else to do.
        """
        await self._begin_with_keys()
        if self.status.app_error:
            self.status.state = ERROR
            return
        for function in self.status.functions:
            self._prepare(function)
        await self.warm_up()
        dispatchers = [d for d in self._dispatchers.values() if self._listens(d.function)]
        await self._begin(d.open() for d in dispatchers)
        made = [(d.function.name, self._listener(d)) for d in dispatchers]
        await self._begin(self._start(name, listener) for name, listener in made if listener is not None)
        if self._wiring.webhooks.system_keys:
            await self._begin_with_keys(self._wiring.webhooks.system_keys)
        self.status.state = RUNNING

    def tell_errors(self) -> None:
        """Log what is wrong with functions and configuration; what kept the whole app from loading was told then."""
        if self.status.app_error:
            return
        for error in self.status.errors:
            _log.error("%s", error)
        if self.config.unknown_keys:
            _log.warning("host.json has keys that mean nothing here: %s.", ", ".join(self.config.unknown_keys))

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
            if dispatcher.function.trigger.type.lower() == WARM_UP:
                try:
                    await dispatcher.invoke(Event(id=str(uuid.uuid4()), data=None))
                except EntryScriptError:
                    raise
                except Exception:  # because whatever user code raises must not keep the app from starting
                    _log.exception("The warm-up function %r failed.", dispatcher.function.name)
        if self.metrics is not None and isinstance(self._app, ScoringApp) and self._app.started_in is not None:
            self.metrics.tell_script(*self._app.started_in)

    async def stop(self) -> None:
        """Drain: the port closes, listeners settle what they claimed, then everything is released.

        What is not done after `drain_seconds` is told, and left to whoever claims it next.
        """
        self.status.state = STOPPING
        for dispatcher in self._dispatchers.values():
            dispatcher.stop_retries()
        if not await done_within(self.drain_seconds, self._drain()):
            left = [f"{d.function.name} ({', '.join(d.running)})" for d in self._dispatchers.values() if d.running]
            _log.warning(
                "Not finished after %g s, the time FUNCTIONS_DRAIN_SECONDS gives a host that stops: %s.",
                self.drain_seconds,
                ", ".join(left) or "a connection",
            )
        if not await done_within(_RELEASE, self._release()):
            _log.warning("What the host held could not be released within %g s.", _RELEASE)

    async def _drain(self) -> None:
        for task in self._starting:
            task.cancel()
        serving = [] if self._server is None else [self._server.stop()]
        # At the same time: while a slow request is being answered, nothing new is taken elsewhere either.
        await asyncio.gather(*serving, *(listener.stop() for listener in self._listeners))
        await asyncio.gather(*self._background)

    async def _release(self) -> None:
        if self._keys_task is not None:
            self._keys_task.cancel()
            await asyncio.wait((self._keys_task,))
        await self.keys.close()
        for dispatcher in self._dispatchers.values():
            await dispatcher.close()
        await end_lifespan(self._app)
        self._threads.close()

    async def _begin(self, work: Iterable[Coroutine[object, object, None]]) -> None:
        """All together, and wait a moment only."""
        tasks = {asyncio.create_task(one) for one in work}
        if not tasks:
            return
        done, late = await asyncio.wait(tasks, timeout=_WAIT_FOR_STORAGE)
        for task in late:
            self._starting.add(task)
            task.add_done_callback(self._started_late)
        for task in done:
            task.result()

    def _started_late(self, task: "asyncio.Task[None]") -> None:
        self._starting.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("Something of the app could not start.", exc_info=task.exception())

    async def _begin_with_keys(self, system_keys: Sequence[str] = ()) -> None:
        """Have them made, but wait a moment only: functions that need none can run without their store."""
        if self._keys_task is not None:
            self._keys_task.cancel()
        self._keys_task = asyncio.create_task(prepare_keys(self.keys, system_keys))
        done, _ = await asyncio.wait((self._keys_task,), timeout=_WAIT_FOR_KEYS)
        for task in done:
            task.result()

    def _prepare(self, function: Function) -> None:
        try:
            self._dispatchers[function.name] = self._wiring.dispatcher(function, self._threads)
        except Exception as error:
            self._note(function.name, error)

    def _listens(self, function: Function) -> bool:
        """A disabled function takes no events; its route stays for whoever has the master key."""
        kind = function.trigger.type.lower()
        return kind != WARM_UP and (kind == "httptrigger" or function.name not in self.status.disabled)

    def _listener(self, dispatcher: Dispatcher) -> Listener | None:
        """Made in the order of the app, without waiting; None for one that cannot be made, which is noted."""
        try:
            return self._wiring.listener(dispatcher)
        except Exception as error:
            self._note(dispatcher.function.name, error)
            return None

    async def _start(self, function: str, listener: Listener) -> None:
        # Whoever stops the host while this one starts must stop it, too.
        self._listeners.append(listener)
        try:
            await listener.start()
        except Exception as error:
            self._note(function, error)
            self._listeners.remove(listener)
            if self.status.state == RUNNING:
                _log.error("The '%s' function is in error: %s", function, self.status.failures[function])

    def _note(self, function: str, error: Exception) -> None:
        """What keeps one function from running must not keep the others; what nobody foresaw has its traceback told."""
        told = str(error)
        if not isinstance(error, HostError | TriggerError):
            told = f"{type(error).__name__}: {error}"
            _log.error("The '%s' function cannot start for an unforeseen reason.", function, exc_info=error)
        self.status.failures[function] = told

    async def _invoke(self, function: Function, text: str) -> None:
        """Run a function in the background for an input given as text; failures are only in the log.

        Raises TriggerError for a text that no event can be made of.
        """
        dispatcher = self._dispatchers[function.name]
        event = await self._wiring.event_of(dispatcher.function, text)
        task = asyncio.create_task(self._wiring.executor(dispatcher).execute(event))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _http_app(self) -> ASGIApp:
        admin = AdminApi(
            self.status,
            prefix=self.config.http.route_prefix,
            invoke=self._invoke,
            warm_up=self.warm_up,
            sample=self._app.sample if isinstance(self._app, ScoringApp) else _no_sample,
        )
        admin.mount(self._wiring.own)
        KeysApi(self.keys, self.status).mount(self._wiring.own)
        app = HttpApp(
            self.status,
            Authorizer(self.keys),
            own=self._wiring.own,
            functions=self._wiring.routes,
            homepage=homepage_enabled(self.settings),
            keeps_probes=isinstance(self._app, ScoringApp),
            metrics=None if self.metrics is None else self.metrics.text,
        )
        return wrap(app, self.config.http)


def _no_sample() -> None:
    """Nothing is known of what functions of other apps take."""
