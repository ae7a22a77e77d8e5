"""What the places where packages run give an app: memory, time to start, time for one event."""

from collections.abc import Mapping
from types import MappingProxyType

from infra.errors import InvalidRunRequest
from packager.proof import Limits

_GIB = 1 << 30
# Of App Service, and Functions with it: WEBSITES_CONTAINER_START_TIME_LIMIT, and the patience of the load balancer.
_START, _REQUEST = 230.0, 230.0


def _plan(memory: float, *, item: float | None = None) -> Limits:
    return Limits(memory=int(memory * _GIB), start=_START, item=item)


def _container(memory: float) -> Limits:
    return Limits(memory=int(memory * _GIB))


KNOWN: Mapping[str, Limits] = MappingProxyType(
    {
        "functions_consumption": _plan(1.5, item=600.0),
        "functions_premium": _plan(3.5),
        "functions_premium_ep1": _plan(3.5),
        "functions_premium_ep2": _plan(7.0),
        "functions_premium_ep3": _plan(14.0),
        "app_service_b1": _plan(1.75, item=_REQUEST),
        "app_service_b2": _plan(3.5, item=_REQUEST),
        "app_service_b3": _plan(7.0, item=_REQUEST),
        # What the retired SDK asked for when nobody said more.
        "container_instances": _container(0.5),
        "kubernetes": Limits(memory=int(0.5 * _GIB), start=310.0, item=60.0),
        # The smallest combination of cores and memory.
        "container_apps": Limits(memory=int(0.5 * _GIB), item=240.0),
    }
)


def limits_of(target: str | Limits | None) -> tuple[Limits, str]:
    """The limits, and what to call the place; raises InvalidRunRequest for a name that is not in the table."""
    if target is None:
        return Limits(), ""
    if isinstance(target, Limits):
        return target, "the target"
    if target not in KNOWN:
        raise InvalidRunRequest(
            f"The limits of a target {target!r} are not known; the known ones are {', '.join(sorted(KNOWN))}. Others "
            "can be given as packager.Limits(memory=..., start=..., item=...)."
        )
    return KNOWN[target], target
