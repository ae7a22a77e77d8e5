"""Deployments to a kubectl without a cluster."""

from typing import Any, Protocol

from infra.contract import Deployment, DeploymentSpec
from infra.platforms.kubernetes import KubernetesPlatform, Times
from infra.targets.kubernetes import target
from tests.support.memory_kubectl import MemoryKubectl

DEPLOYMENT = ("apps/v1/Deployment", "diabetes")
TIMES = Times(pause=0.0, margin=-309.8)


class Lines(Protocol):
    def append(self, line: str, /) -> None: ...


def opened(kubectl: MemoryKubectl, spec: DeploymentSpec, lines: Lines | None = None) -> KubernetesPlatform:
    """The platform with it; what it tells goes to `lines`."""
    log = (lambda _: None) if lines is None else lines.append
    return KubernetesPlatform(spec, log=log, kubectl=kubectl, times=TIMES)


def applied(kubectl: MemoryKubectl, spec: DeploymentSpec) -> Deployment:
    return opened(kubectl, spec).apply(target.render(spec))


def actions(kubectl: MemoryKubectl, spec: DeploymentSpec) -> dict[str, str]:
    """Address -> what applying would do."""
    return {each.address: each.action for each in opened(kubectl, spec).diff(target.render(spec))}


def changed(kubectl: MemoryKubectl, spec: DeploymentSpec) -> dict[str, tuple[str, ...]]:
    """What applying would change; the group of a kind is left out."""
    found = opened(kubectl, spec).diff(target.render(spec))
    return {"/".join(each.address.split("/")[-3:]): each.details for each in found if each.action != "none"}


def container(kubectl: MemoryKubectl) -> dict[str, Any]:
    """The app's, as it is now."""
    found: dict[str, Any] = kubectl.objects[DEPLOYMENT]["spec"]["template"]["spec"]["containers"][0]
    return found
