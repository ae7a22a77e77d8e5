"""App Service plans, and the sites on them."""

from collections.abc import Mapping
from typing import Any

from infra.contract import Manifest
from infra.resources.expressions import Expression
from infra.resources.kinds import PLAN, id_of, resource

FUNCTION_APP = "functionapp,linux,container"
WEB_APP = "app,linux,container"
_TIERS: Mapping[str, tuple[str, ...]] = {
    "Basic": ("B1", "B2", "B3"),
    "Standard": ("S1", "S2", "S3"),
    "PremiumV2": ("P1v2", "P2v2", "P3v2"),
    "Premium0V3": ("P0v3",),
    "PremiumV3": ("P1v3", "P2v3", "P3v3"),
    "PremiumMV3": ("P1mv3", "P2mv3", "P3mv3", "P4mv3", "P5mv3"),
    "PremiumV4": ("P0v4", "P1v4", "P2v4", "P3v4"),
    "PremiumMV4": ("P1mv4", "P2mv4", "P3mv4", "P4mv4", "P5mv4"),
    "ElasticPremium": ("EP1", "EP2", "EP3"),
}
TIERS: Mapping[str, str] = {sku: tier for tier, skus in _TIERS.items() for sku in skus}
"""SKU of a plan that runs Linux containers -> its tier."""
ELASTIC = "ElasticPremium"


def plan(name: str, region: str, *, sku: str, workers: int, deployment: str, tags: Mapping[str, str]) -> Manifest:
    """A Linux plan with so many machines; of an elastic one that is how many it may come to."""
    tier = TIERS[sku]
    properties: dict[str, Any] = {"reserved": True}
    size: dict[str, Any] = {"name": sku, "tier": tier}
    if tier == ELASTIC:
        properties["maximumElasticWorkerCount"] = workers
    else:
        size["capacity"] = workers
    kind = "elastic" if tier == ELASTIC else "linux"
    content = {"location": region, "kind": kind, "sku": size, "tags": dict(tags), "properties": properties}
    return resource(PLAN, name, content, deployment=deployment)


def site_properties(
    on: Manifest, image: str, settings: Mapping[str, Expression | str], *, health_path: str
) -> dict[str, Any]:
    """What the properties of every site say: the image with all its settings, reached by TLS only."""
    return {
        "serverFarmId": id_of(on),
        "reserved": True,
        "httpsOnly": True,
        "clientAffinityEnabled": False,
        "siteConfig": {
            "linuxFxVersion": f"DOCKER|{image}",
            "appSettings": [{"name": name, "value": value} for name, value in settings.items()],
            "alwaysOn": on.body["sku"]["tier"] != ELASTIC,
            "minTlsVersion": "1.2",
            "scmMinTlsVersion": "1.2",
            "ftpsState": "Disabled",
            "http20Enabled": True,
            "healthCheckPath": health_path,
        },
    }
