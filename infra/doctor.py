"""Looks whether a deployment is wired as its app needs it, before or after it is made."""

from collections.abc import Iterator

from infra.contract import DeploymentSpec
from infra.doctor_bus import see_bus
from infra.doctor_finding import Finding
from infra.doctor_settings import see_settings
from infra.doctor_storage import see_storage
from infra.errors import InvalidDeployment


def doctor(spec: DeploymentSpec, *, fix: bool = False) -> tuple[Finding, ...]:
    """What was looked at, errors first.

    Accounts and namespaces are asked only where their connection can be known here: as text, or in an environment
    variable that is set. With `fix`, containers and storage queues that are missing are made; nothing else is ever
    changed. Raises InvalidDeployment for a specification without an image.
    """
    if not spec.image.reference:
        raise InvalidDeployment(f"The deployment {spec.name!r} names no image; say which is to be looked at.")
    order = ("error", "warning", "ok")
    return tuple(sorted(_all(spec, fix=fix), key=lambda one: order.index(one.level)))


def _all(spec: DeploymentSpec, *, fix: bool) -> Iterator[Finding]:
    yield from see_settings(spec)
    yield from see_storage(spec, fix=fix)
    yield from see_bus(spec)
