"""Connect the functions of one host with what triggers and bindings are for: sources, inputs, outputs, routes."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from function_host.config import HostConfig
from function_host.dispatcher import Dispatcher
from function_host.errors import AppLoadError
from function_host.expressions import resolve
from function_host.functions import Function
from function_host.http.app import FunctionRoutes
from function_host.http.routing import RouteTable
from function_host.http.webhooks import Webhooks
from function_host.telemetry.metrics import Metrics
from function_host.threads import FunctionThreads
from triggers.contract import (
    Binding,
    BindingAdapter,
    BindingContext,
    Event,
    Executor,
    HandRun,
    InputReader,
    Listener,
    ListenerContext,
    OutputWriter,
    text_event,
)
from triggers.registry import binding_adapter, by_binding_type
from triggers.signals import Signals

WARM_UP = "warmuptrigger"


class Wiring:
    """Makes dispatchers and listeners; those of one host share signals, routes and numbers."""

    def __init__(  # noqa: PLR0913 - one argument per part of the host
        self,
        root: Path,
        config: HostConfig,
        settings: Mapping[str, str],
        host_id: str,
        *,
        metrics: Metrics | None,
        shared: Path | None,
        threads: int,
        is_serial: bool = False,
    ) -> None:
        """`threads` run synchronous functions; `is_serial`: of all functions one run goes on at once."""
        self.own, self.routes, self.webhooks = RouteTable(), RouteTable(), Webhooks()
        self._root = root
        self._config = config
        self._settings = settings
        self._host_id = host_id
        self._metrics = metrics
        self._threads = threads
        self._is_serial = is_serial
        self._shared = shared
        self._signals = Signals()
        self._common: dict[str, object] = {}

    def dispatcher(self, function: Function, threads: FunctionThreads) -> Dispatcher:
        """What runs the function; raises HostError or TriggerError for bindings that cannot be opened."""
        function = resolve(function, self._settings)
        if function.trigger.type.lower() != WARM_UP:
            by_binding_type(function.trigger.type)
        return Dispatcher(
            function,
            root=self._root,
            threads=threads,
            open_reader=self._open_reader,
            open_writer=partial(self._open_writer, function),
            timeout=self._config.function_timeout,
        )

    def executor(self, dispatcher: Dispatcher) -> Executor:
        """What events are handed to: the dispatcher, counted where anybody reads the numbers."""
        return dispatcher if self._metrics is None else self._metrics.counted(dispatcher.function.name, dispatcher)

    def listener(self, dispatcher: Dispatcher) -> Listener:
        """The listener of the function's trigger; raises TriggerError."""
        function = dispatcher.function
        adapter = by_binding_type(function.trigger.type)
        routes = FunctionRoutes(
            functions=self.routes,
            own=self.own,
            webhooks=self.webhooks,
            prefix=self._config.http.route_prefix,
            function=function.name,
        )
        return adapter.listen(
            ListenerContext(
                function=function.name,
                binding=function.trigger,
                executor=self.executor(dispatcher),
                routes=routes,
                settings=self._settings,
                outputs=function.outputs,
                host_id=self._host_id,
                extension=self._config.extensions.get(adapter.extension, {}),
                signals=self._signals,
                lease_times=self._config.lease_times,
                parallel=self._parallel(function),
                common=self._common,
                backlogs={} if self._metrics is None else self._metrics.backlogs,
                shared=self._shared,
            )
        )

    def _parallel(self, function: Function) -> int | None:
        if self._is_serial:
            return 1
        return None if function.is_async else self._threads

    async def event_of(self, function: Function, text: str) -> Event:
        """The event that a text stands for, to run the function by hand; raises TriggerError."""
        trigger = function.trigger
        event_of = text_event if trigger.type.lower() == WARM_UP else by_binding_type(trigger.type).event_of
        return await event_of(HandRun(function=function.name, binding=trigger, settings=self._settings, text=text))

    def _open_writer(self, function: Function, output: Binding) -> OutputWriter:
        adapter = binding_adapter(output.type)
        if adapter.writer is None:
            raise AppLoadError(f"The binding {output.name!r} is an output, but {output.type!r} has only inputs.")
        return adapter.writer(self._context(output, adapter, function))

    def _open_reader(self, source: Binding) -> InputReader:
        adapter = binding_adapter(source.type)
        if adapter.reader is None:
            raise AppLoadError(f"The binding {source.name!r} is an input, but {source.type!r} has only outputs.")
        return adapter.reader(self._context(source, adapter))

    def _context(self, binding: Binding, adapter: BindingAdapter, function: Function | None = None) -> BindingContext:
        return BindingContext(
            binding=binding,
            settings=self._settings,
            extension=self._config.extensions.get(adapter.extension, {}),
            signals=self._signals,
            trigger="" if function is None else function.trigger.type,
            function="" if function is None else function.name,
        )
