"""Names, labels and objects as Kubernetes wants them."""

import re
from collections.abc import Mapping
from typing import Any

from infra.contract import DeploymentSpec, Manifest
from infra.errors import InvalidDeployment
from infra.targets.kubernetes_options import KubernetesOptions

_LABEL = re.compile(r"[a-z]([-a-z0-9]{0,48}[a-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
NAME = "app.kubernetes.io/name"
MANAGED = "app.kubernetes.io/managed-by"
MANAGER = "functions-packager"


def options_in(spec: DeploymentSpec) -> KubernetesOptions:
    """The target's options; raises InvalidDeployment for names that a cluster refuses."""
    options: KubernetesOptions = spec.options
    if not _LABEL.fullmatch(spec.name):
        raise InvalidDeployment(
            f"The name {spec.name!r} is none for Kubernetes: 1 to 50 small letters, digits and hyphens, a letter first "
            "and no hyphen at the end."
        )
    if not _NAMESPACE.fullmatch(options.namespace):
        raise InvalidDeployment(f"The namespace {options.namespace!r} must be small letters, digits and hyphens.")
    return options


def labels(spec: DeploymentSpec) -> dict[str, str]:
    """Of everything that belongs to the deployment."""
    return {**spec.tags, NAME: spec.name, MANAGED: MANAGER}


def selector(spec: DeploymentSpec) -> dict[str, str]:
    """Of its pods; a name alone is on those of many a chart."""
    return {NAME: spec.name, MANAGED: MANAGER}


def made(
    spec: DeploymentSpec,
    kind: str,
    body: Mapping[str, Any],
    *,
    name: str = "",
    annotations: Mapping[str, str] | None = None,
    after: tuple[str, ...] = (),
) -> Manifest:
    """The object of a kind such as `apps/v1/Deployment`, in the deployment's namespace, named like the app."""
    version, _, last = kind.rpartition("/")
    metadata: dict[str, Any] = {"name": name or spec.name, "labels": labels(spec)}
    if last != "Namespace":
        metadata["namespace"] = options_in(spec).namespace
    if annotations:
        metadata["annotations"] = dict(annotations)
    return Manifest(
        kind=kind,
        name=metadata["name"],
        body={"apiVersion": version, "kind": last, "metadata": metadata, **body},
        after=after,
    )
