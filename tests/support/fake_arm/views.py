"""Resources as Azure shows them: with what it adds, without what it keeps to itself."""

import base64
from collections.abc import Callable
from typing import Any, Protocol

from tests.support.fake_arm import sites
from tests.support.fake_arm.identity import TENANT
from tests.support.fake_arm.store import Place, Resource
from tests.support.fake_arm.wire import Refusal, guid


class _Arm(Protocol):
    address: str
    store: Any
    fronts: Any
    storage: Callable[[str], dict[str, str]] | None
    account_keys: dict[str, str]


def shown(arm: _Arm, place: Place) -> dict[str, Any]:
    """Raises Refusal for what is not there."""
    config = sites.shown_config(arm, place)
    if config is not None:
        return config
    kind = place.kind.lower()
    if kind.endswith(("/blobservices", "/queueservices")):
        arm.store.at(place.path.rsplit("/", 2)[0])
        return {"id": place.path, "name": "default", "type": place.kind, "properties": {}}
    resource: Resource = arm.store.at(place.path)
    return of(arm, resource)


def of(arm: _Arm, resource: Resource) -> dict[str, Any]:
    body = resource.shown()
    if resource.kept.get("pending", 0) > 0:
        resource.kept["pending"] -= 1
        body["properties"]["provisioningState"] = "Creating"
    _add_identity(resource, body)
    add = _VIEWS.get(resource.kind.lower())
    if add is not None:
        add(arm, resource, body)
    return body


def principal(resource: Resource) -> str:
    """Of its own identity."""
    return guid("principal", resource.path)


def key(arm: _Arm, account: str) -> str:
    """The first key of a storage account, a registry or a namespace."""
    return arm.account_keys.setdefault(account, base64.b64encode(f"key of {account}".ljust(64).encode()).decode())


def _add_identity(resource: Resource, body: dict[str, Any]) -> None:
    identity = body.get("identity")
    if not isinstance(identity, dict):
        return
    users = identity.get("userAssignedIdentities") or {}
    full = {name: {"principalId": guid(name), "clientId": guid("client", name)} for name in users}
    body["identity"] = {**identity, **({"userAssignedIdentities": full} if full else {})}
    if "systemassigned" in str(identity.get("type", "")).lower().replace(" ", ""):
        body["identity"] |= {"principalId": principal(resource), "tenantId": TENANT}


def _storage(arm: _Arm, resource: Resource, body: dict[str, Any]) -> None:
    name = resource.name
    services = ("blob", "queue", "table", "file")
    azure = {each: f"https://{name}.{each}.core.windows.net/" for each in services}
    body["properties"] |= {
        "primaryEndpoints": arm.storage(name) if arm.storage else azure,
        "creationTime": "2026-01-01T00:00:00Z",
        "primaryLocation": body["location"],
        "statusOfPrimary": "available",
    }
    body["properties"].setdefault("encryption", {"keySource": "Microsoft.Storage"})
    body["properties"].setdefault("networkAcls", {"bypass": "AzureServices", "defaultAction": "Allow"})
    body["sku"] = {**body["sku"], "tier": body["sku"]["name"].partition("_")[0]}


def _registry(_: _Arm, resource: Resource, body: dict[str, Any]) -> None:
    body["properties"] |= {"loginServer": f"{resource.name.lower()}.azurecr.io"}
    body["properties"].setdefault("adminUserEnabled", False)


def _identity(_: _Arm, resource: Resource, body: dict[str, Any]) -> None:
    body["properties"] |= {
        "principalId": principal(resource),
        "clientId": guid("client", resource.path),
        "tenantId": TENANT,
    }


def _bus(_: _Arm, resource: Resource, body: dict[str, Any]) -> None:
    body["properties"] |= {
        "serviceBusEndpoint": f"https://{resource.name}.servicebus.windows.net:443/",
        "status": "Active",
    }


def _group(arm: _Arm, resource: Resource, body: dict[str, Any]) -> None:
    properties = body["properties"]
    address = properties.get("ipAddress")
    if address:
        label, region = address.get("dnsNameLabel", ""), body["location"]
        fqdn = {"fqdn": f"{label}.{region}.azurecontainer.io"} if label else {}
        properties["ipAddress"] = {**address, "ip": "127.0.0.1", **fqdn}
    works = not any(
        part in each["properties"]["image"] for part in arm.fronts.broken_images for each in properties["containers"]
    )
    state = {"state": "Running"} if works else {"state": "Waiting", "detailStatus": "CrashLoopBackOff: Back-off"}
    view = {"instanceView": {"restartCount": 0 if works else 5, "currentState": state}}
    properties["containers"] = [_container(each, view) for each in properties["containers"]]
    properties["instanceView"] = {"state": "Running" if works else "Pending", "events": []}
    logins = properties.get("imageRegistryCredentials")
    if logins:
        properties["imageRegistryCredentials"] = [{k: v for k, v in each.items() if k != "password"} for each in logins]


def _container(said: dict[str, Any], view: dict[str, Any]) -> dict[str, Any]:
    settings = [
        {key: value for key, value in each.items() if key != "secureValue"}
        for each in said["properties"].get("environmentVariables", [])
    ]
    properties = {**said["properties"], **view}
    return {**said, "properties": {**properties, **({"environmentVariables": settings} if settings else {})}}


def _environment(_: _Arm, resource: Resource, body: dict[str, Any]) -> None:
    properties = body["properties"]
    properties.setdefault("zoneRedundant", False)
    # Names of properties may be written in any case; Azure answers in its own.
    said = properties.get("workloadProfiles", [])
    profiles = [{_lower_first(key): value for key, value in each.items()} for each in said]
    body["properties"] |= {"workloadProfiles": profiles} if profiles else {}
    body["properties"] |= {"defaultDomain": f"{resource.name}.{body['location']}.azurecontainerapps.io"}


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


def _app(arm: _Arm, resource: Resource, body: dict[str, Any]) -> None:
    properties = body["properties"]
    environment = str(properties.get("environmentId") or properties.get("managedEnvironmentId") or "")
    if environment.lower() not in arm.store:
        raise Refusal(400, "ManagedEnvironmentNotFound", f"The environment '{environment}' does not exist.")
    configuration = {**properties.get("configuration", {})}
    works = not any(
        part in each["image"] for part in arm.fronts.broken_images for each in properties["template"]["containers"]
    )
    revision = f"{resource.name}--{guid(str(properties['template']))[:7]}"
    if works:
        resource.kept["ready"] = revision
    if configuration.get("ingress"):
        # A path in place of a name of its own: no name has to be resolved.
        host = f"{arm.address.removeprefix('https://')}/front/{resource.name}"
        configuration["ingress"] = {**configuration["ingress"], "fqdn": host}
    if configuration.get("secrets"):
        configuration["secrets"] = [
            {k: v for k, v in each.items() if k != "value"} for each in configuration["secrets"]
        ]
    properties |= {
        "configuration": configuration,
        "latestRevisionName": revision,
        "latestReadyRevisionName": resource.kept.get("ready", ""),
        "runningStatus": "Running",
        "eventStreamEndpoint": f"{arm.address}{resource.path}/eventstream",
    }


def _container_of_blobs(_: _Arm, __: Resource, body: dict[str, Any]) -> None:
    body["properties"].setdefault("publicAccess", "None")


def _farm(_: _Arm, resource: Resource, body: dict[str, Any]) -> None:
    from tests.support.fake_arm.kinds import tier

    sku = body["sku"]["name"]
    body["sku"] = {"size": sku, "family": sku[0], "capacity": 1, **body["sku"], "tier": tier(sku)}
    body["kind"] = body.get("kind") or ("linux" if body["properties"].get("reserved") else "app")
    body["properties"].setdefault("perSiteScaling", False)
    body["properties"] |= {"status": "Ready", "numberOfSites": 0, "maximumNumberOfWorkers": 3}


def _topic(_: _Arm, resource: Resource, body: dict[str, Any]) -> None:
    # Whatever case it was written in.
    body["properties"]["topicType"] = body["properties"]["topicType"].lower()


def _event_subscription(_: _Arm, resource: Resource, body: dict[str, Any]) -> None:
    properties = body["properties"]
    properties["topic"] = resource.path.rpartition("/eventSubscriptions/")[0]
    properties["filter"] = {"isSubjectCaseSensitive": False, "subjectEndsWith": "", **properties.get("filter", {})}
    properties.setdefault("eventDeliverySchema", "EventGridSchema")
    properties.setdefault("retryPolicy", {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440})


_VIEWS: dict[str, Callable[[Any, Resource, dict[str, Any]], None]] = {
    "microsoft.storage/storageaccounts": _storage,
    "microsoft.containerregistry/registries": _registry,
    "microsoft.eventgrid/systemtopics": _topic,
    "microsoft.eventgrid/systemtopics/eventsubscriptions": _event_subscription,
    "microsoft.managedidentity/userassignedidentities": _identity,
    "microsoft.servicebus/namespaces": _bus,
    "microsoft.containerinstance/containergroups": _group,
    "microsoft.app/managedenvironments": _environment,
    "microsoft.app/containerapps": _app,
    "microsoft.web/serverfarms": _farm,
    "microsoft.storage/storageaccounts/blobservices/containers": _container_of_blobs,
    "microsoft.web/sites": sites.add_view,
}
