"""What a functions app and a web app for containers have in common: a plan, and a site with all its settings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.contract import DeploymentSpec, Manifest, Secret, check_distinct
from infra.errors import InvalidDeployment
from infra.resources import identity, web
from infra.resources.expressions import Expression
from infra.resources.kinds import SITE, id_of, resource
from infra.targets.azure_health import PING
from infra.targets.azure_names import check_name
from infra.targets.azure_options import AzureOptions
from infra.targets.azure_wiring import RegistryAccess, Wiring, wiring

_MOST_WORKERS = 30
_AFTER_DRAIN = 5
_LEAST_STOP = 30
"""A host that is told to stop settles what it took for 25 seconds."""
_MOST_STOP = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOptions(AzureOptions):
    """Of the targets that run on an App Service plan."""

    plan: str = ""
    """Its name; empty is `<name of the app>-plan`."""
    sku: str = "B1"
    """The size and price of its machines: B1, P1v3, ..."""


def site_manifests(
    spec: DeploymentSpec, options: SiteOptions, *, kind: str, settings: Mapping[str, str], skus: Mapping[str, str]
) -> tuple[Manifest, ...]:
    """Surroundings, plan and site; `settings` are the target's own. Raises InvalidDeployment."""
    check_name("site", spec.name)
    # There all names of settings have no case, those that only the code reads too.
    check_distinct(spec.settings)
    _check_size(spec)
    around = wiring(spec, options, accounts=2)
    plan = _plan(spec, options, around, skus)
    health = {"WEBSITES_ENABLE_APP_SERVICE_STORAGE": "false", "WEBSITES_PORT": str(spec.image.port)}
    own = {**health, **settings, **_times(spec, options), **_registry_settings(around.registry)}
    # One that the deployment says in another case counts alone.
    chosen = {name.lower() for name in spec.settings}
    said = {**{name: value for name, value in own.items() if name.lower() not in chosen}, **around.settings}
    plain = {name: _as_reference(value) for name, value in said.items()}
    properties = web.site_properties(plan, spec.image.reference, plain, health_path=PING)
    if web.TIERS[options.sku] == web.ELASTIC:
        # Nobody but Azure's own host tells the plan that there is work, so that some instance must always look for it.
        properties["siteConfig"]["minimumElasticInstanceCount"] = spec.scale.min_replicas or 1
    site: dict[str, Any] = {"location": around.region, "kind": kind, "tags": around.tags, "properties": properties}
    if around.identity:
        site["identity"] = identity.used_by(around.identity)
        properties["keyVaultReferenceIdentity"] = id_of(around.identity)
    if around.identity and around.registry.by_identity:
        properties["siteConfig"] |= {
            "acrUseManagedIdentityCreds": True,
            "acrUserManagedIdentityID": identity.client_id(around.identity),
        }
    after = (*around.addresses, plan.address)
    app = resource(SITE, spec.name, site, after=after, deployment=spec.name)
    return (*around.manifests, plan, app, *around.after(app))


def _times(spec: DeploymentSpec, options: SiteOptions) -> dict[str, str]:
    """App Service kills a container that takes longer to start or, after 5 seconds by default, to stop."""
    drain = str(spec.settings.get("FUNCTIONS_DRAIN_SECONDS", ""))
    stop = int(drain) + _AFTER_DRAIN if drain.isascii() and drain.isdigit() else 0
    return {
        "WEBSITES_CONTAINER_START_TIME_LIMIT": str(math.ceil(options.ready_timeout)),
        "WEBSITES_CONTAINER_STOP_TIME_LIMIT": str(min(max(stop, _LEAST_STOP), _MOST_STOP)),
    }


def _plan(spec: DeploymentSpec, options: SiteOptions, around: Wiring, skus: Mapping[str, str]) -> Manifest:
    if options.sku in ("Y1", "FC1"):
        raise InvalidDeployment(
            f"The plan {options.sku!r} is a consumption plan, and those run no containers; take one of "
            f"{', '.join(skus)}, or the target container_apps, which also runs nothing while there is nothing to do."
        )
    if options.sku not in skus:
        raise InvalidDeployment(f"There is no plan {options.sku!r} for this target; there are {', '.join(skus)}.")
    is_elastic = skus[options.sku] == web.ELASTIC
    asked = spec.scale.max_replicas if is_elastic else spec.scale.min_replicas
    workers = (spec.scale.min_replicas or 1) if asked is None else asked
    if is_elastic and workers < (spec.scale.min_replicas or 1):
        raise InvalidDeployment(
            f"{spec.scale.min_replicas} to {workers} machines are no range; max_replicas must be the larger one."
        )
    if not 1 <= workers <= _MOST_WORKERS:
        raise InvalidDeployment(f"A plan has 1 to {_MOST_WORKERS} machines, not {workers}.")
    if not is_elastic and spec.scale.max_replicas not in (None, workers):
        raise InvalidDeployment(
            f"The plan {options.sku!r} has {workers} machines and adds none, so max_replicas={spec.scale.max_replicas} "
            "would mean nothing; leave it out, or take an elastic plan such as EP1 or the target container_apps."
        )
    name = check_name("plan", options.plan or f"{spec.name}-plan")
    return web.plan(name, around.region, sku=options.sku, workers=workers, deployment=spec.name, tags=around.tags)


def _check_size(spec: DeploymentSpec) -> None:
    if spec.size.cpu is not None or spec.size.memory is not None:
        raise InvalidDeployment(
            f"The size of {spec.name!r} is that of its plan's machines; choose it with the option sku instead of "
            "processors and memory."
        )
    if spec.scale.target_utilization is not None:
        raise InvalidDeployment(
            f"The plan of {spec.name!r} adds no machines by their load; say how many there are with min_replicas."
        )


def _registry_settings(registry: RegistryAccess) -> dict[str, Expression | str]:
    if registry.password is None:
        return {}
    return {
        "DOCKER_REGISTRY_SERVER_URL": f"https://{registry.server}",
        "DOCKER_REGISTRY_SERVER_USERNAME": registry.username,
        "DOCKER_REGISTRY_SERVER_PASSWORD": registry.password,
    }


def _as_reference(value: Expression | str) -> Expression | str:
    if isinstance(value, Secret) and value.vault_uri:
        return f"@Microsoft.KeyVault(SecretUri={value.vault_uri})"
    return value
