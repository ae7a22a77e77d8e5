"""Azure Container Apps: as many replicas of the image as there is work for, and none if none is needed."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from infra.contract import DeploymentSpec, Manifest, Secret
from infra.errors import InvalidDeployment
from infra.rendering.azure_files import azure_files
from infra.resources import containers, identity
from infra.resources.expressions import Expression, ResourceId, holds_secret
from infra.resources.kinds import CONTAINER_APP, id_of, resource
from infra.scaling import HTTP, Scaling, container_apps_rule, scaling
from infra.targets.azure_health import live_path, ready_path
from infra.targets.azure_names import check_name
from infra.targets.azure_options import AzureOptions, azure_options
from infra.targets.azure_wiring import Wiring, wiring
from packager.staging.container import AZURE_HOST

_GIBIBYTE = 2**30
_STEP = 0.25
_MOST_CPU = 4.0
_REGISTRY_PASSWORD = "registry-password"  # noqa: S105 - the name of a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerAppsOptions(AzureOptions):
    """Of the target `container_apps`."""

    environment: str = ""
    """Its name; empty is `<name of the app>-env`."""
    external: bool = True
    """Is it reached from outside of its environment? An app that no request starts has no address at all."""
    function_app: bool = False
    """Make it a function app, whose triggers Azure itself reads and scales by; Microsoft's host only."""


class ContainerApps:
    """A container app in an environment of its own."""

    name: ClassVar[str] = "container_apps"
    platform: ClassVar[str] = "arm"
    options: ClassVar[type] = ContainerAppsOptions

    def render(self, spec: DeploymentSpec) -> Sequence[Manifest]:
        """Group, identity, account, roles, environment and app; raises InvalidDeployment."""
        options = azure_options(spec, ContainerAppsOptions)
        check_name("container app", spec.name)
        _check_host(spec, options)
        around = wiring(spec, options, accounts=1)
        place = containers.environment(
            check_name("environment of container apps", options.environment or f"{spec.name}-env"),
            around.region,
            deployment=spec.name,
            tags=around.tags,
        )
        content: dict[str, Any] = {"location": around.region, "tags": around.tags}
        if options.function_app:
            content["kind"] = "functionapp"
        if around.identity:
            content["identity"] = identity.used_by(around.identity)
        content["properties"] = {"environmentId": id_of(place), **_properties(spec, options, around)}
        after = (*around.addresses, place.address)
        app = resource(CONTAINER_APP, spec.name, content, after=after, deployment=spec.name)
        return (*around.manifests, place, app, *around.after(app))

    def export(self, spec: DeploymentSpec) -> Mapping[str, str]:
        """ARM template, its parameters and a script."""
        return azure_files(spec, azure_options(spec, ContainerAppsOptions), self.render(spec))


def _check_host(spec: DeploymentSpec, options: ContainerAppsOptions) -> None:
    if options.function_app and (spec.image.is_web_service or spec.image.host != AZURE_HOST):
        raise InvalidDeployment(
            f"{spec.name!r} cannot be a function app there: Azure asks Microsoft's host for the triggers, and the "
            "image has another one. Leave function_app out: the scale rules come from the triggers then."
        )
    if spec.scale.target_utilization is not None:
        raise InvalidDeployment(
            f"{spec.name!r} scales by what waits and by requests, not by the load of processors; leave "
            "target_utilization out."
        )


def _properties(spec: DeploymentSpec, options: ContainerAppsOptions, around: Wiring) -> dict[str, Any]:
    who = id_of(around.identity) if around.identity else None
    names = _secret_names(around.settings)
    secrets = [_secret(names[name], around.settings[name], who) for name in names]
    scale = scaling(spec, around.settings)
    configuration: dict[str, Any] = {"activeRevisionsMode": "Single"}
    if HTTP in scale.rules or options.function_app:
        configuration["ingress"] = {
            "external": options.external,
            "targetPort": spec.image.port,
            "transport": "auto",
            "allowInsecure": False,
        }
    registry = around.registry
    if registry.by_identity:
        configuration["registries"] = [{"server": registry.server, "identity": who}]
    elif registry.password:
        login = {"server": registry.server, "username": registry.username, "passwordSecretRef": _REGISTRY_PASSWORD}
        configuration["registries"] = [login]
        secrets.append(_secret(_REGISTRY_PASSWORD, registry.password, who))
    if secrets:
        configuration["secrets"] = secrets
    return {"configuration": configuration, "template": _template(spec, options, around, scale)}


def _template(spec: DeploymentSpec, options: ContainerAppsOptions, around: Wiring, scale: Scaling) -> dict[str, Any]:
    port = spec.image.port
    secrets = _secret_names(around.settings)
    container = {
        "name": spec.name,
        "image": spec.image.reference,
        "env": [_variable(name, value, secrets) for name, value in around.settings.items()],
        "resources": _size(spec),
        "probes": [
            {
                "type": "Startup",
                **containers.probe(live_path(spec.image), port, containers.startup(options.ready_timeout)),
            },
            {"type": "Liveness", **containers.probe(live_path(spec.image), port, containers.LIVENESS)},
            {"type": "Readiness", **containers.probe(ready_path(spec.image), port, containers.READINESS)},
        ],
    }
    limits: dict[str, Any] = {"minReplicas": scale.min_replicas, "maxReplicas": scale.max_replicas}
    if not options.function_app:
        who = id_of(around.identity) if around.identity else None
        limits["rules"] = [
            container_apps_rule(name, rule, settings=around.settings, secrets=secrets, identity=who)
            for name, rule in scale.rules.items()
        ]
    return {"containers": [container], "scale": limits}


def _secret_names(settings: Mapping[str, Expression | str]) -> dict[str, str]:
    """Setting -> the name that its secret has in the app."""
    names: dict[str, str] = {}
    taken = {_REGISTRY_PASSWORD}
    for setting in (name for name, value in settings.items() if holds_secret(value)):
        plain = re.sub("[^a-z0-9]+", "-", setting.lower()).strip("-") or "secret"
        more = (f"{plain}-{number}" for number in itertools.count(2))
        names[setting] = next(name for name in itertools.chain([plain], more) if name not in taken)
        taken.add(names[setting])
    return names


def _secret(name: str, value: Expression | str, who: ResourceId | None) -> dict[str, Any]:
    if isinstance(value, Secret) and value.vault_uri:
        return {"name": name, "keyVaultUrl": value.vault_uri, "identity": who}
    return {"name": name, "value": value}


def _variable(name: str, value: Expression | str, secrets: Mapping[str, str]) -> dict[str, Any]:
    return {"name": name, "secretRef": secrets[name]} if name in secrets else {"name": name, "value": value}


def _size(spec: DeploymentSpec) -> dict[str, Any]:
    """Quarters of a core, each with half a gibibyte: as much as the larger of what is asked for needs."""
    memory = 0 if spec.size.memory is None else spec.size.memory / _GIBIBYTE / 2
    cpu = spec.size.cpu if spec.size.cpu is not None else (0 if memory else 2 * _STEP)
    quarters = -(-max(cpu, memory, _STEP) // _STEP)
    if quarters * _STEP > _MOST_CPU:
        raise InvalidDeployment(
            f"A replica takes {_MOST_CPU:g} cores and {2 * _MOST_CPU:g} GiB at most, not {spec.size.cpu} cores and "
            f"{spec.size.memory} bytes."
        )
    return {"cpu": quarters * _STEP, "memory": f"{quarters * _STEP * 2:g}Gi"}


target = ContainerApps()
