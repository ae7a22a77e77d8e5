"""Find adapters by the name people write or the type Azure writes."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoints, entry_points

from triggers.contract import BindingAdapter, TriggerAdapter
from triggers.errors import UnknownBinding, UnknownTrigger

_GROUP = "triggers.adapters"
_BINDINGS = "triggers.bindings"
_WAY_OUT = "Install a distribution that brings it, or move the function to a host that has it."


@cache
def adapters() -> Mapping[str, TriggerAdapter]:
    """Every installed adapter by name, ours and third parties' alike; loading one imports no SDK."""
    return {name: by_name(name) for name in names()}


@cache
def names() -> tuple[str, ...]:
    """The names of the installed adapters, sorted."""
    return tuple(sorted(_entries(_GROUP).names))


@cache
def by_name(name: str) -> TriggerAdapter:
    """The adapter people call `name`; raises UnknownTrigger with the known names."""
    if name not in names():
        raise UnknownTrigger(f"There is no trigger {name!r}; the valid ones are {_listed(names())}.")
    adapter: TriggerAdapter = _entries(_GROUP)[name].load()
    return adapter


def by_binding_type(binding_type: str) -> TriggerAdapter:
    """The adapter for Azure's `binding_type`, in any case; raises UnknownTrigger with the known types."""
    wanted = binding_type.lower()
    # Most types begin like the name of their adapter; the other adapters are not even loaded then.
    for name in sorted(names(), key=lambda name: not wanted.startswith(name.replace("_", ""))):
        if by_name(name).binding_type.lower() == wanted:
            return by_name(name)
    types = [adapter.binding_type for adapter in adapters().values()]
    raise UnknownTrigger(f"No trigger serves binding type {binding_type!r}; known are {_listed(types)}. {_WAY_OUT}")


@cache
def binding_adapter(binding_type: str) -> BindingAdapter:
    """The adapter for inputs and outputs of `binding_type`, in any case; raises UnknownBinding with the known types."""
    known = {entry.name.lower(): entry for entry in _entries(_BINDINGS)}
    if binding_type.lower() not in known:
        listed = _listed(entry.name for entry in known.values())
        raise UnknownBinding(f"No input or output has the type {binding_type!r}; known are http, {listed}. {_WAY_OUT}")
    adapter: BindingAdapter = known[binding_type.lower()].load()
    return adapter


@cache
def _entries(group: str) -> EntryPoints:
    """Asked once: every question reads what is installed from disk."""
    return entry_points(group=group)


def _listed(known: Iterable[str]) -> str:
    return ", ".join(sorted(known)) or "none (is the distribution installed?)"
