"""Azure Container Instances: one container of the image, with an address, and nothing that scales it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.contract import DeploymentSpec, Manifest, Secret
from infra.errors import InvalidDeployment
from infra.rendering.azure_files import azure_files
from infra.resources import identity
from infra.resources.containers import LIVENESS, READINESS, probe
from infra.resources.expressions import Expression, holds_secret
from infra.resources.kinds import CONTAINER_GROUP, id_of, resource
from infra.targets.azure_health import live_path, ready_path
from infra.targets.azure_names import check_name, derived_name
from infra.targets.azure_options import AzureOptions, azure_options, resource_group
from infra.targets.azure_wiring import RegistryAccess, Wiring, wiring

_GIBIBYTE = 2**30
_CPU = 1.0
_MEMORY = 1.5
_MOST_CPU = 31.0
_MOST_MEMORY = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerInstancesOptions(AzureOptions):
    """Of the target `container_instances`."""

    dns_label: str = ""
    """The first part of its address; empty is one made of the app's name."""
    public: bool = True
    """Has it an address that everybody can reach? It answers without TLS."""


class ContainerInstances:
    """A container group of one container."""

    name: ClassVar[str] = "container_instances"
    platform: ClassVar[str] = "arm"
    options: ClassVar[type] = ContainerInstancesOptions

    def render(self, spec: DeploymentSpec) -> Sequence[Manifest]:
        """Group, identity, account, roles and container group; raises InvalidDeployment."""
        options = azure_options(spec, ContainerInstancesOptions)
        check_name("container group", spec.name)
        if (spec.scale.min_replicas or 1, spec.scale.max_replicas or 1, spec.scale.target_utilization) != (1, 1, None):
            raise InvalidDeployment(
                f"{spec.name!r} would be one container, whatever there is to do: container instances do not scale. "
                "Leave the numbers of replicas out, or deploy with the target container_apps."
            )
        around = wiring(spec, options, accounts=1)
        group: dict[str, Any] = {"location": around.region, "tags": around.tags}
        if around.identity:
            group["identity"] = identity.used_by(around.identity)
        group["properties"] = _properties(spec, options, around)
        app = resource(CONTAINER_GROUP, spec.name, group, after=around.addresses, deployment=spec.name)
        return (*around.manifests, app, *around.after(app))

    def export(self, spec: DeploymentSpec) -> Mapping[str, str]:
        """ARM template, its parameters and a script."""
        return azure_files(spec, azure_options(spec, ContainerInstancesOptions), self.render(spec))


def _properties(spec: DeploymentSpec, options: ContainerInstancesOptions, around: Wiring) -> dict[str, Any]:
    port = spec.image.port
    container = {
        "image": spec.image.reference,
        "ports": [{"port": port, "protocol": "TCP"}],
        "environmentVariables": [_variable(name, value) for name, value in around.settings.items()],
        "resources": {"requests": _size(spec)},
        "livenessProbe": probe(live_path(spec.image), port, LIVENESS)
        | {"initialDelaySeconds": math.ceil(options.ready_timeout)},
        "readinessProbe": probe(ready_path(spec.image), port, READINESS),
    }
    properties: dict[str, Any] = {
        "sku": "Standard",
        "osType": "Linux",
        "restartPolicy": "Always",
        "containers": [{"name": spec.name, "properties": container}],
    }
    if credentials := _credentials(around.registry, around):
        properties["imageRegistryCredentials"] = [credentials]
    if options.public:
        label = options.dns_label or derived_name(spec, resource_group(spec), "app")
        check_name("label of an address", label)
        ports = [{"port": port, "protocol": "TCP"}]
        properties["ipAddress"] = {"type": "Public", "ports": ports, "dnsNameLabel": label}
    return properties


def _variable(name: str, value: Expression | str) -> dict[str, Any]:
    if isinstance(value, Secret) and value.vault_uri:
        raise InvalidDeployment(
            f"The setting {name!r} is in a vault, which container instances do not read; give it as an environment "
            "variable of whoever deploys, or deploy with the target container_apps."
        )
    return {"name": name, ("secureValue" if holds_secret(value) else "value"): value}


def _size(spec: DeploymentSpec) -> dict[str, float]:
    """Azure takes memory in tenths."""
    memory = _MEMORY if spec.size.memory is None else math.ceil(spec.size.memory / _GIBIBYTE * 10) / 10
    cpu = _CPU if spec.size.cpu is None else float(spec.size.cpu)
    if not 0 < cpu <= _MOST_CPU or not 0 < memory <= _MOST_MEMORY:
        raise InvalidDeployment(
            f"A container needs some processor and memory, {_MOST_CPU:g} cores and {_MOST_MEMORY:g} GB at most, not "
            f"{cpu} cores and {memory} GB."
        )
    return {"cpu": cpu, "memoryInGB": memory}


def _credentials(registry: RegistryAccess, around: Wiring) -> dict[str, Any] | None:
    if registry.by_identity and around.identity:
        return {"server": registry.server, "identity": id_of(around.identity)}
    if isinstance(registry.password, Secret) and registry.password.vault_uri:
        raise InvalidDeployment(
            "The password of the registry is in a vault, which container instances do not read; give it as an "
            "environment variable of whoever deploys, or let a registry in Azure be read by identity."
        )
    if registry.username:
        return {"server": registry.server, "username": registry.username, "password": registry.password}
    return None


target = ContainerInstances()
