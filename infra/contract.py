"""What is deployed, where, and what came of it: the values and roles that targets and platforms share."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from infra.errors import InvalidDeployment
from triggers.contract import Binding

_READ_BY_HOSTS = (
    "azurewebjobs", "azurefunctions", "azure_functions_", "functions_", "connectionstrings__", "cors_",
    "aspnetcore_forwardedheaders_", "python_threadpool_",
)  # fmt: skip
"""What the names of settings begin with that every functions host reads in any case."""
_IN_BINDING = re.compile("%([^%]+)%")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFunction:
    """One function of the app in an image."""

    name: str
    trigger: Binding
    outputs: tuple[Binding, ...] = ()

    @property
    def auth_level(self) -> str:
        """Of an HTTP function: `anonymous`, `function` or `admin`; empty for one that nobody calls."""
        is_called = self.trigger.type.lower() == "httptrigger"
        return self.trigger.option("authLevel", "function").lower() if is_called else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppImage:
    """The image that runs, and what it says of itself."""

    reference: str
    """As the place pulls it: `registry/repository@sha256:...` where it was published."""
    functions: tuple[AppFunction, ...] = ()
    """None in a plain web service, which answers at /score."""
    connections: Mapping[str, str] = field(default_factory=dict)
    """App setting that the triggers read -> what it must hold."""
    platforms: tuple[str, ...] = ("linux/amd64",)
    port: int = 8080
    """Where it listens unless PORT says otherwise."""
    host: str = "functions"
    """Whose functions host is in it: `functions` (ours) or `azure_functions`."""

    @property
    def is_web_service(self) -> bool:
        return not self.functions

    @property
    def may_need_key(self) -> bool:
        """Is it known, or possible where no image is named, that callers need one?"""
        return not self.reference or any(each.auth_level in ("function", "admin") for each in self.functions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A value that no document may hold: where it is when it is needed."""

    variable: str = ""
    """The environment variable of whoever applies; empty for one that a vault holds."""
    vault_uri: str = ""
    """`https://<vault>.vault.azure.net/secrets/<name>`, read by the app's own identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What one replica may take; None leaves it to the target."""

    cpu: float | None = None
    """Cores."""
    memory: int | None = None
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How many replicas; None leaves it to the target and the triggers."""

    min_replicas: int | None = None
    max_replicas: int | None = None
    target_utilization: int | None = None
    """Percent of the processor at which replicas are added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryLogin:
    """How the place pulls the image; without a user name it pulls by identity, or openly."""

    server: str = ""
    username: str = ""
    password: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentSpec:
    """One deployment, whole: everything a target needs to write its documents."""

    name: str
    """Of the app; the target's rules for names apply."""
    target: str
    image: AppImage
    settings: Mapping[str, str | Secret] = field(default_factory=dict)
    """App settings beside those that the target itself derives."""
    size: Size = field(default_factory=Size)
    scale: Scale = field(default_factory=Scale)
    registry: RegistryLogin = field(default_factory=RegistryLogin)
    tags: Mapping[str, str] = field(default_factory=dict)
    options: Any = None
    """The target's own options: an instance of its `options` class."""

    def __post_init__(self) -> None:
        known = _connections(self.image)
        starts = (*_READ_BY_HOSTS, *(f"{name}__" for name in known))
        check_distinct(name for name in self.settings if as_read(name) in known or as_read(name).startswith(starts))


def check_distinct(settings: Iterable[str]) -> None:
    """Raise InvalidDeployment for two names that are one to who reads them in any case."""
    known: dict[str, str] = {}
    for name in settings:
        other = known.setdefault(as_read(name), name)
        if other != name:
            raise InvalidDeployment(
                f"The settings {other!r} and {name!r} are one to the app: their names count in any case, and ':' is "
                "'__' in them; leave one of them out."
            )


def _connections(image: AppImage) -> frozenset[str]:
    """The settings that the app's bindings name, which the host finds in any case. All others are the code's."""
    bindings = [binding for each in image.functions for binding in (each.trigger, *each.outputs)]
    texts = [text for binding in bindings for text in binding.options.values() if isinstance(text, str)]
    inside = [name for text in texts for name in _IN_BINDING.findall(text)]
    named = [binding.option("connection") for binding in bindings]
    return frozenset(as_read(name) for name in (*image.connections, *inside, *named) if name)


def as_read(setting: str) -> str:
    """The same for all names of settings that are one where case is lost."""
    return setting.replace(":", "__").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One document that a platform makes true: an ARM resource, a Kubernetes object, a service of a compose file."""

    kind: str
    """What the platform calls it: `Microsoft.Web/sites`, `apps/v1/Deployment`, `container` ..."""
    name: str
    body: Mapping[str, Any]
    after: tuple[str, ...] = ()
    """Addresses (`kind/name`) of those that must be there first."""

    @property
    def address(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What applying one manifest would do."""

    action: str
    """`create`, `update`, `delete` or `none`."""
    address: str
    details: tuple[str, ...] = ()
    """Of an update: `properties.sku.name: 'B1' -> 'P1v3'`; secrets are never shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployed app as it is now."""

    name: str
    target: str
    state: str
    """`deploying`, `running`, `failed`, `stopped` or `deleted`."""
    url: str = ""
    """The address of the app; empty when it has none."""
    key: str = ""
    """For `x-functions-key`, where the caller may see it."""
    image: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    """What else people want to know: the storage account, the host's state, the reason of a failure ..."""


class Target(Protocol):
    """A place to run the image. Rendering is pure; only platforms touch the world."""

    name: ClassVar[str]
    platform: ClassVar[str]
    """The name of the platform that makes its documents true."""
    options: ClassVar[type]
    """A frozen dataclass of what only this target can be told; every field has a default."""

    def render(self, spec: DeploymentSpec) -> Sequence[Manifest]:
        """The documents, in the order of applying; raises InvalidDeployment and UnsupportedTrigger."""
        ...

    def export(self, spec: DeploymentSpec) -> Mapping[str, str]:
        """The same as files for other tools: file name -> text, without any secret."""
        ...


class Platform(Protocol):
    """The one door to a system that runs things, for one deployment."""

    def diff(self, manifests: Sequence[Manifest]) -> Sequence[Change]:
        """What apply() would change; changes nothing. Raises PlatformUnavailable and ApplyFailed."""
        ...

    def apply(self, manifests: Sequence[Manifest]) -> Deployment:
        """Make them true, again or for the first time; raises ApplyFailed, which names the manifest."""
        ...

    def status(self) -> Deployment | None:
        """None when there is nothing of that name."""
        ...

    def logs(self, *, follow: bool = False, lines: int = 100) -> Iterator[str]:
        """The app's newest lines, without their ends; with `follow` it goes on until it is closed."""
        ...

    def remove(self) -> Sequence[str]:
        """Delete what apply() made; the addresses of what went. Doing it twice is no error."""
        ...


class PlatformFactory(Protocol):
    """Opens a platform for one deployment; what is registered under the platform's name."""

    def __call__(self, spec: DeploymentSpec, *, log: "Log") -> Platform: ...


class Log(Protocol):
    """Takes one line of what is going on."""

    def __call__(self, line: str, /) -> None: ...
