"""Find targets and platforms by name, those of other distributions too."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from infra.contract import PlatformFactory, Target
from infra.errors import UnknownTarget

_TARGETS = "infra.targets"
_PLATFORMS = "infra.platforms"


def target_named(name: str) -> Target:
    """The target of that name; raises UnknownTarget."""
    target: Target = _find(_TARGETS, name).load()
    return target


def platform_named(name: str) -> PlatformFactory:
    """What opens the platform of that name; raises UnknownTarget."""
    factory: PlatformFactory = _find(_PLATFORMS, name).load()
    return factory


def target_names() -> tuple[str, ...]:
    """Of all targets there are, sorted."""
    return tuple(sorted(_by_name(_TARGETS)))


@cache
def _by_name(group: str) -> dict[str, EntryPoint]:
    return {each.name: each for each in entry_points(group=group)}


def _find(group: str, name: str) -> EntryPoint:
    known = _by_name(group)
    if name not in known:
        kind = "target" if group == _TARGETS else "platform"
        raise UnknownTarget(f"There is no {kind} {name!r}; there are {', '.join(sorted(known)) or 'none'}.")
    return known[name]
