"""What a trigger, a host, a packager and a deployment have to know of each other, and nothing more."""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import azure.functions as func

from triggers.asgi import ASGIApp
from triggers.http_body import Readable, SpooledBody
from triggers.lease import DEFAULT_LEASE_TIMES, LeaseTimes
from triggers.signals import Signals

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened: a request, a blob, a message, a tick.

    `metadata` uses Azure's own names (`BlobTrigger`, `Uri`, `MessageId` ...) and holds the path captures too,
    so that binding expressions such as `{blobname}` are filled from it. `attempt` counts from 1.
    """

    id: str
    data: object
    metadata: Mapping[str, object] = field(default_factory=dict)
    attempt: int = 1
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionResult:
    """What the function did with one event. A failure is a value, not a raise."""

    value: object = None
    error: BaseException | None = None

    @property
    def succeeded(self) -> bool:
        return self.error is None


class Executor(Protocol):
    """Runs one function for one event and writes its output bindings; never raises."""

    async def execute(self, event: Event) -> FunctionResult: ...


class Listener(Protocol):
    """Waits at one event source for one function."""

    async def start(self) -> None: ...

    async def stop(self) -> None:
        """Take nothing new; return when everything claimed is settled."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One declared input or output of a function, as Azure's function metadata has it."""

    type: str
    name: str
    direction: str
    options: Mapping[str, object] = field(default_factory=dict)
    """The remaining keys of the binding, in Azure's spelling: `path`, `connection`, `authLevel` ..."""

    @property
    def is_trigger(self) -> bool:
        return self.type.lower().endswith("trigger")

    def option(self, key: str, default: str = "") -> str:
        """The option as text; `default` when it is absent or empty."""
        value = self.options.get(key)
        return default if value is None or value == "" else str(value)


class Routes(Protocol):
    """Where push triggers put their endpoints."""

    def mount(self, template: str, app: ASGIApp, *, methods: Sequence[str], auth_level: str) -> None:
        """Serve `app` below the host's route prefix; no methods means every method.

        The matched parameters arrive in `scope["path_params"]`.
        """
        ...

    def mount_webhook(self, extension: str, app: ASGIApp) -> None:
        """Serve `app` at `/runtime/webhooks/<extension>` for callers with the system key `<extension>_extension`.

        Functions that mount one extension share its URL: `app` is asked only for `?functionName=` of this function.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits for one function, as far as this instance knows."""

    pending: int = 0
    """How many events wait in this instance."""
    oldest: datetime | None = None
    """Since when the oldest known one waits, here or in the queue that instances share; None when none does."""
    queued: int = 0
    """About how many are in the queue that instances and functions share; told by the one that looks."""
    given_up: int = 0
    """How many this instance gave up after the last attempt, since it started."""
    is_looking: bool = False
    """Is this the one instance that looks for new events?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerContext:
    """Everything a trigger needs from the host to start listening."""

    function: str
    binding: Binding
    executor: Executor
    routes: Routes
    settings: Mapping[str, str]
    """The app settings."""
    outputs: Sequence[Binding] = ()
    """What the function writes to."""
    host_id: str = "local"
    """Stable over restarts and equal on every instance of the app: ledgers are kept under it."""
    extension: Mapping[str, object] = field(default_factory=dict)
    """The trigger's own part of host.json (`extensions.<...>`)."""
    signals: Signals = field(default_factory=Signals)
    """Tells of what the app's own outputs put where this listener looks."""
    lease_times: LeaseTimes = DEFAULT_LEASE_TIMES
    """Of the lease of a listener that only one instance of the app may run."""
    parallel: int | None = None
    """How many runs of the function go on at once, however many are begun; None when there is no such number."""
    common: dict[str, object] = field(default_factory=dict)
    """What the listeners of one host have in common; the first that needs it puts it there."""
    backlogs: dict[str, Callable[[], Backlog]] = field(default_factory=dict)
    """Function -> tells at once what waits for it; a listener that knows puts itself there."""
    shared: Path | None = None
    """A folder for the locks of the processes that run one app without storage; None when there is one process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingContext:
    """Everything an input or output needs from the host to be opened."""

    binding: Binding
    settings: Mapping[str, str]
    """The app settings."""
    extension: Mapping[str, object] = field(default_factory=dict)
    """The binding's own part of host.json (`extensions.<...>`)."""
    signals: Signals = field(default_factory=Signals)
    """Wakes the app's own listeners where an output put something."""
    trigger: str = ""
    """The binding type of the trigger that fires the function."""
    function: str = ""
    """Whose output it is; empty for inputs."""


class OutputWriter(Protocol):
    """Writes one output value to where its binding points."""

    async def open(self) -> None:
        """Make what must be there before the first write, such as a container; raises SourceUnavailable."""
        ...

    async def write(self, value: object, metadata: Mapping[str, object]) -> None:
        """`metadata` is the event's, for binding expressions; a None value is never handed over."""
        ...

    async def close(self) -> None: ...


class InputReader(Protocol):
    """Reads the value of one input binding for one event."""

    async def read(self, metadata: Mapping[str, object]) -> object:
        """Bytes, text, or something JSON can say; None when there is nothing. `metadata` is the event's."""
        ...

    async def close(self) -> None: ...


class Handler(Protocol):
    """User code that answers events of any trigger: a scoring script."""

    async def handle_http(self, request: func.HttpRequest) -> func.HttpResponse: ...

    async def handle(
        self, body: bytes | Readable, headers: Mapping[str, str] = NO_HEADERS
    ) -> str | bytes | SpooledBody:
        """Answer one pulled event; raises what the script raised. A long answer waits on disk until it is written.

        A script that asks for request headers gets `headers`.
        """
        ...


class TriggerOptions(Protocol):
    """The keyword arguments of `package(trigger=...)` as a frozen dataclass; refuses bad ones when made."""

    def declare(self, app: func.FunctionApp, handler: Handler) -> None:
        """Add the function to `app` with azure.functions' own decorators."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleRule:
    """How a deployment should scale with the backlog of a binding, in KEDA's words."""

    scaler: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    min_replicas: int = 0
    """So many must always run, because nothing outside sees that there is something to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleContext:
    """Everything a trigger needs to say how a deployment of the app should scale."""

    binding: Binding
    host_id: str
    """As the app's hosts have it."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The app settings of the deployment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandRun:
    """A function that somebody wants to run by hand, for an input given as text."""

    function: str
    binding: Binding
    """The function's trigger."""
    settings: Mapping[str, str]
    """The app settings."""
    text: str


async def text_event(run: HandRun) -> Event:
    """An event that has the text itself as its data."""
    return Event(id=str(uuid.uuid4()), data=run.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerAdapter:
    """One kind of trigger: a record of the parts the other packages use."""

    name: str
    """What people write: `blob`."""
    binding_type: str
    """What Azure writes: `blobTrigger`."""
    extension: str
    """Its section under `extensions` in host.json: `blobs`."""
    options: Callable[..., TriggerOptions]
    listen: Callable[[ListenerContext], Listener]
    extras: tuple[str, ...] = ()
    """The extras of this distribution that an image with this trigger must install."""
    connections: Callable[[TriggerOptions], Mapping[str, str]] = field(default=lambda _: {})
    """App setting the deployment has to provide -> what it must hold, in one sentence."""
    scale: Callable[[ScaleContext], ScaleRule | None] = field(default=lambda _: None)
    event_of: Callable[[HandRun], Awaitable[Event]] = text_event
    """The event that a text stands for; raises InvalidInput for a text that stands for none."""
    portable: bool = True
    """Does Microsoft's host know this binding type?"""
    emulator: str = ""
    """What must run beside the app on a machine without the cloud: `service-bus`; empty when a folder will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingAdapter:
    """One kind of input and output binding beside triggers: `blob`, `queue`, `table` ..."""

    type: str
    """What Azure writes."""
    extension: str = ""
    """Its section under `extensions` in host.json; empty when it has none."""
    reader: Callable[[BindingContext], InputReader] | None = None
    """Opens one input binding; None when the type has no input."""
    writer: Callable[[BindingContext], OutputWriter] | None = None
    """Opens one output binding; None when the type has no output."""
