"""What the bindings of an app connect with, and what they need to find there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from infra.contract import AppFunction, DeploymentSpec, as_read
from infra.targets.azure_events import Told, told
from triggers.blob_account import HOST_SETTING
from triggers.contract import Binding
from triggers.service_bus_connection import DEFAULT_CONNECTION

STORAGE_TYPES = frozenset({"blobtrigger", "blob", "queuetrigger", "queue", "table"})
BUS_TYPES = frozenset({"servicebustrigger", "servicebus"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Of one app: the settings its bindings read, and what must be there."""

    storage: tuple[str, ...] = ()
    """The settings that name a storage account."""
    tables: bool = False
    """Are there tables among what is read or written?"""
    bus: tuple[str, ...] = ()
    """The settings that name a Service Bus namespace."""
    containers: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()
    """The functions that events in one of the queues tell of new blobs."""
    bus_queues: tuple[str, ...] = ()
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Topic -> its subscriptions."""


def wanted(spec: DeploymentSpec) -> Wanted:
    """What the app's bindings want, without the connections that the settings give."""
    bindings = [each for function in spec.image.functions for each in _bindings(function)]
    storage = [
        each for each in bindings if each.type.lower() in STORAGE_TYPES and not is_given(spec, storage_setting(each))
    ]
    bus = [each for each in bindings if each.type.lower() in BUS_TYPES and not is_given(spec, bus_setting(each))]
    topics: dict[str, tuple[str, ...]] = {}
    for each in bus:
        if topic := each.option("topicName"):
            added = each.option("subscriptionName")
            topics[topic] = tuple(dict.fromkeys([*topics.get(topic, ()), *([added] if added else [])]))
    return Wanted(
        storage=_once(storage_setting(each) for each in storage),
        tables=any(each.type.lower() == "table" for each in storage),
        bus=_once(bus_setting(each) for each in bus),
        containers=_once(name for each in storage for name in containers_of(each)),
        queues=_once(name for each in storage for name in queues_of(each)),
        told=told(spec, [each for each in spec.image.functions if each.trigger in storage]),
        bus_queues=_once(each.option("queueName") for each in bus),
        topics=topics,
    )


def is_given(spec: DeploymentSpec, setting: str) -> bool:
    """Do the deployment's own settings say what is behind this connection?"""
    wanted = setting.lower()
    plain = [as_read(name).removeprefix("connectionstrings__") for name in spec.settings]
    names = {name.removeprefix("azurewebjobs") for name in plain} | set(plain)
    short = wanted.removeprefix("azurewebjobs")
    return any(name == each or name.startswith(f"{each}__") for name in names for each in (wanted, short))


def _bindings(function: AppFunction) -> tuple[Binding, ...]:
    return (function.trigger, *function.outputs)


def storage_setting(binding: Binding) -> str:
    """The setting that names its storage account."""
    return binding.option("connection", HOST_SETTING)


def bus_setting(binding: Binding) -> str:
    """The setting that names its Service Bus namespace."""
    return binding.option("connection", f"AzureWebJobs{DEFAULT_CONNECTION}")


def containers_of(binding: Binding) -> Iterator[str]:
    """Those that are known before there is an event."""
    if binding.type.lower() not in ("blobtrigger", "blob"):
        return
    for option in ("path", "errorPath"):
        name = binding.option(option).partition("/")[0]
        if name and "{" not in name and "%" not in name:
            yield name


def queues_of(binding: Binding) -> Iterator[str]:
    """Storage queues, those that are known before there is an event; empty text where there is none."""
    yield binding.option("eventQueue").lower()
    if binding.type.lower() in ("queuetrigger", "queue"):
        name = binding.option("queueName").lower()
        yield "" if "{" in name or "%" in name else name


def _once(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
