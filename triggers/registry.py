"""Find adapters by the name people write or the type Azure writes."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points

from triggers.contract import BindingAdapter, TriggerAdapter
from triggers.errors import UnknownBinding, UnknownTrigger

_GROUP = "triggers.adapters"
_BINDINGS = "triggers.bindings"


@cache
def adapters() -> Mapping[str, TriggerAdapter]:
    """Every installed adapter by name, ours and third parties' alike; loading one imports no SDK."""
    return {name: by_name(name) for name in names()}


@cache
def names() -> tuple[str, ...]:
    """The names of the installed adapters, sorted."""
    return tuple(sorted(entry_points(group=_GROUP).names))


@cache
def by_name(name: str) -> TriggerAdapter:
    """The adapter people call `name`; raises UnknownTrigger with the known names."""
    if name not in names():
        raise UnknownTrigger(f"There is no trigger {name!r}; the valid ones are {_listed(names())}.")
    adapter: TriggerAdapter = entry_points(group=_GROUP)[name].load()
    return adapter


def by_binding_type(binding_type: str) -> TriggerAdapter:
    """The adapter for Azure's `binding_type`, in any case; raises UnknownTrigger with the known types."""
    known = {adapter.binding_type.lower(): adapter for adapter in adapters().values()}
    if binding_type.lower() not in known:
        types = [adapter.binding_type for adapter in adapters().values()]
        raise UnknownTrigger(f"No trigger serves binding type {binding_type!r}; known are {_listed(types)}.")
    return known[binding_type.lower()]


@cache
def binding_adapter(binding_type: str) -> BindingAdapter:
    """The adapter for inputs and outputs of `binding_type`, in any case; raises UnknownBinding with the known types."""
    known = {entry.name.lower(): entry for entry in entry_points(group=_BINDINGS)}
    if binding_type.lower() not in known:
        listed = _listed(entry.name for entry in known.values())
        raise UnknownBinding(f"No input or output has the type {binding_type!r}; known are http, {listed}.")
    adapter: BindingAdapter = known[binding_type.lower()].load()
    return adapter


def _listed(known: Iterable[str]) -> str:
    return ", ".join(sorted(known)) or "none (is the distribution installed?)"
