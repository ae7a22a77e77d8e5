"""Find adapters by the name people write or the type Azure writes."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from triggers.contract import TriggerAdapter
from triggers.errors import UnknownTrigger

_GROUP = "triggers.adapters"


@cache
def adapters() -> Mapping[str, TriggerAdapter]:
    """Every installed adapter by name, ours and third parties' alike; loading one imports no SDK."""
    return {entry.name: entry.load() for entry in entry_points(group=_GROUP)}


def by_name(name: str) -> TriggerAdapter:
    """The adapter people call `name`; raises UnknownTrigger with the known names."""
    known = adapters()
    if name not in known:
        raise UnknownTrigger(f"There is no trigger {name!r}; the valid ones are {_listed(known)}.")
    return known[name]


def by_binding_type(binding_type: str) -> TriggerAdapter:
    """The adapter for Azure's `binding_type`, in any case; raises UnknownTrigger with the known types."""
    known = {adapter.binding_type.lower(): adapter for adapter in adapters().values()}
    if binding_type.lower() not in known:
        types = [adapter.binding_type for adapter in adapters().values()]
        raise UnknownTrigger(f"No trigger serves binding type {binding_type!r}; known are {_listed(types)}.")
    return known[binding_type.lower()]


def _listed(names: Mapping[str, TriggerAdapter] | list[str]) -> str:
    return ", ".join(sorted(names)) or "none (is the distribution installed?)"
