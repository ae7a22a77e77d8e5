"""Deployments of apps that exist on paper only."""

from collections.abc import Mapping
from typing import Any

from infra.app_image import functions_of_triggers
from infra.contract import AppImage, DeploymentSpec, Manifest, Secret
from infra.registry import target_named
from packager.package import required_connections

DIGEST = "sha256:" + "5e" * 32
IN_AZURE = f"teamimages.azurecr.io/diabetes@{DIGEST}"
ELSEWHERE = f"registry.example.org/team/diabetes@{DIGEST}"
SECRETS = {"API_KEY": Secret(variable="API_KEY_OF_THE_APP")}
AZURE_TARGETS = ("functions", "app_service", "container_instances", "container_apps")


def image(triggers: Mapping[str, Mapping[str, Any]] | None = None, **said: Any) -> AppImage:
    """An image with these triggers, blob alone by default; none at all make a web service."""
    table = {"blob": {}} if triggers is None else triggers
    known = {
        "reference": IN_AZURE,
        "functions": functions_of_triggers(table),
        "connections": required_connections(table),
    }
    return AppImage(**{**known, **said})


def spec(target: str, *, of: AppImage | None = None, name: str = "diabetes", **said: Any) -> DeploymentSpec:
    """A deployment of it; what is no field of the specification is an option of the target."""
    fields = {key: said.pop(key) for key in list(said) if key in DeploymentSpec.__dataclass_fields__}
    options = target_named(target).options(**said)
    return DeploymentSpec(name=name, target=target, image=of or image(), options=options, **fields)


def rendered(target: str, **said: Any) -> dict[str, Manifest]:
    """The manifests by address, in their order."""
    return {each.address: each for each in target_named(target).render(spec(target, **said))}


def app_of(target: str, **said: Any) -> Manifest:
    """The manifest of the app itself."""
    return list(rendered(target, **said).values())[-1]


def settings_of(target: str, **said: Any) -> dict[str, Any]:
    """The app settings of a site."""
    properties = app_of(target, **said).body["properties"]
    return {each["name"]: each["value"] for each in properties["siteConfig"]["appSettings"]}


def every_deployment() -> list[DeploymentSpec]:
    """Each target with each way to connect, with every trigger and in every size that changes a document."""
    told = {"source": "EventGrid", "event_queue": "events"}
    everything = image({"blob": told, "http": {}, "storage_queue": {}, "service_bus_queue": {}, "timer": {}})
    found = []
    for target in AZURE_TARGETS:
        for keys in (False, True):
            for of in (image(), everything, image({}), image(reference=ELSEWHERE)):
                if of.functions or target != "functions":
                    found.append(spec(target, of=of, keys=keys, settings=SECRETS, tags={"team": "ml"}))
    found.append(spec("functions", sku="EP1"))
    found.append(spec("container_apps", of=image(host="azure_functions", port=80), function_app=True))
    found.append(
        spec("container_apps", settings={"K": Secret(vault_uri="https://team-vault.vault.azure.net/secrets/k")})
    )
    return found
