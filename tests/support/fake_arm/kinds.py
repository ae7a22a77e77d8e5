"""What each kind of resource demands of a request, and with which status it is answered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.fake_arm.wire import Refusal

REGIONS = ("westeurope", "northeurope", "eastus", "eastus2", "westus2", "germanywestcentral")
SKUS = ("F1", "D1", "B1", "B2", "B3", "S1", "S2", "S3", "P0v3", "P1v2", "P2v2", "P3v2", "P1v3", "P2v3", "P3v3")
TIERS = {
    "F": "Free",
    "D": "Shared",
    "B": "Basic",
    "S": "Standard",
    "P": "Premium",
    "E": "ElasticPremium",
    "Y": "Dynamic",
}
_ELASTIC = ("EP1", "EP2", "EP3", "Y1", "FC1")
_COMMON = frozenset({"name", "type", "id", "location", "tags", "properties"})


@dataclass(frozen=True, kw_only=True)
class Kind:
    name: str = r"[\w.()-]{1,90}"
    """What its name must be, whole."""
    keys: frozenset[str] = frozenset()
    """At the top of its body, beside the common ones."""
    needs: tuple[str, ...] = ("location",)
    """Paths in its body that must be there."""
    created: int = 201
    updated: int = 200
    operation: str = ""
    """How the client learns of the end: `` (at once), `body`, `azure-asyncoperation` or `location`."""
    taken: tuple[str, str] = ("", "")
    """Code and words for a name that somebody else has; `{name}` stands for it."""


def _kind(**said: object) -> Kind:
    keys = frozenset(said.pop("keys", ())) | _COMMON  # type: ignore[call-overload]
    return Kind(keys=keys, **said)  # type: ignore[arg-type]


KINDS: Mapping[str, Kind] = {
    "microsoft.resources/resourcegroups": _kind(keys=["managedBy"]),
    "microsoft.web/serverfarms": _kind(
        name=r"[\w-]{1,60}",
        keys=["sku", "kind", "extendedLocation", "identity"],
        needs=("location", "sku.name"),
        created=200,
    ),
    "microsoft.web/sites": _kind(
        name=r"[A-Za-z0-9][A-Za-z0-9-]{0,58}[A-Za-z0-9]",
        keys=["kind", "identity", "extendedLocation"],
        needs=("location", "properties"),
        created=200,
        taken=("Conflict", "Website with given name {name} already exists."),
    ),
    "microsoft.storage/storageaccounts": _kind(
        name=r"[a-z0-9]{3,24}",
        keys=["sku", "kind", "identity", "extendedLocation"],
        needs=("location", "sku.name", "kind"),
        created=202,
        operation="location",
        taken=("StorageAccountAlreadyTaken", "The storage account named {name} is already taken."),
    ),
    "microsoft.storage/storageaccounts/blobservices": _kind(name="default", needs=()),
    "microsoft.storage/storageaccounts/blobservices/containers": _kind(
        name=r"(?!.*--)[a-z0-9$][a-z0-9-]{1,61}[a-z0-9]", needs=()
    ),
    "microsoft.storage/storageaccounts/queueservices": _kind(name="default", needs=()),
    "microsoft.storage/storageaccounts/queueservices/queues": _kind(
        name=r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", needs=(), created=200
    ),
    "microsoft.containerregistry/registries": _kind(
        name=r"[A-Za-z0-9]{5,50}",
        keys=["sku", "identity", "zoneRedundancy"],
        needs=("location", "sku.name"),
        operation="azure-asyncoperation",
        taken=("AlreadyInUse", "The registry DNS name {name}.azurecr.io is already in use."),
    ),
    "microsoft.containerinstance/containergroups": _kind(
        name=r"(?!.*--)[a-z0-9][a-z0-9-]{0,61}[a-z0-9]",
        keys=["identity", "zones"],
        needs=("location", "properties.containers", "properties.osType"),
        operation="azure-asyncoperation",
    ),
    "microsoft.app/managedenvironments": _kind(
        name=r"[A-Za-z0-9-]{2,60}", keys=["identity", "kind"], operation="azure-asyncoperation"
    ),
    "microsoft.app/containerapps": _kind(
        name=r"(?!.*--)[a-z][a-z0-9-]{0,30}[a-z0-9]",
        keys=["identity", "kind", "managedBy", "extendedLocation"],
        needs=("location", "properties.template.containers"),
        operation="azure-asyncoperation",
    ),
    "microsoft.managedidentity/userassignedidentities": _kind(name=r"[A-Za-z0-9][\w-]{2,127}"),
    "microsoft.servicebus/namespaces": _kind(
        name=r"[A-Za-z](?!.*--)[A-Za-z0-9-]{4,48}[A-Za-z0-9]",
        keys=["sku", "identity"],
        operation="body",
        taken=("Conflict", "The namespace {name} is not available: the name is already in use."),
    ),
    "microsoft.servicebus/namespaces/queues": _kind(name=r"[\w./~-]{1,260}", needs=(), created=200),
    "microsoft.servicebus/namespaces/authorizationrules": _kind(name=r"[\w.-]{1,50}", needs=(), created=200),
    "microsoft.servicebus/namespaces/topics": _kind(name=r"[\w./~-]{1,260}", needs=(), created=200),
    "microsoft.servicebus/namespaces/topics/subscriptions": _kind(name=r"[\w.-]{1,50}", needs=(), created=200),
    "microsoft.eventgrid/systemtopics": _kind(
        name=r"[A-Za-z0-9-]{3,50}",
        keys=["identity"],
        needs=("location", "properties.source", "properties.topicType"),
        operation="azure-asyncoperation",
    ),
    "microsoft.eventgrid/systemtopics/eventsubscriptions": _kind(
        name=r"[A-Za-z0-9-]{3,64}", needs=("properties",), updated=201, operation="azure-asyncoperation"
    ),
    "microsoft.keyvault/vaults": _kind(name=r"[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]"),
    "microsoft.operationalinsights/workspaces": _kind(keys=["identity", "etag"], operation="body"),
    "microsoft.insights/components": _kind(keys=["kind", "etag"], created=200),
    "microsoft.authorization/roleassignments": _kind(
        name=r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        needs=("properties.roleDefinitionId", "properties.principalId"),
    ),
}
_CODES = {"microsoft.storage/storageaccounts": "AccountNameInvalid", "microsoft.web/sites": "InvalidSiteName"}


def check(kind: str, name: str, body: object) -> Kind:
    """The rules of that kind, which the body keeps; raises Refusal as Azure does."""
    rules = KINDS.get(kind.lower())
    if rules is None:
        raise Refusal(400, "InvalidResourceType", f"The resource type {kind!r} could not be found in the namespace.")
    if not isinstance(body, dict):
        raise Refusal(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized.")
    for key in body:
        if key not in rules.keys:
            raise Refusal(400, "InvalidRequestContent", f"Could not find member '{key}' on object of type '{kind}'.")
    if not re.fullmatch(rules.name, name):
        code = _CODES.get(kind.lower(), "InvalidResourceName")
        raise Refusal(400, code, f"{name} is not a valid name of a resource of type {kind}.")
    _check_needs(rules, body)
    _check_region(kind, body)
    _check_sku(kind, body)
    return rules


def tier(sku: str) -> str:
    return "PremiumV3" if sku.endswith("v3") else "ElasticPremium" if sku.startswith("EP") else TIERS.get(sku[0], "")


def _check_needs(rules: Kind, body: Mapping[str, object]) -> None:
    for path in rules.needs:
        value: object = body
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is None or value == "":
            code = "LocationRequired" if path == "location" else "InvalidRequestContent"
            raise Refusal(400, code, f"The {path} property is required for this definition.")


def _check_region(kind: str, body: Mapping[str, object]) -> None:
    region = str(body.get("location", REGIONS[0])).replace(" ", "").lower()
    if region not in REGIONS:
        listed = ",".join(REGIONS)
        message = (
            f"The provided location '{region}' is not available for resource type '{kind}'. Available: '{listed}'."
        )
        raise Refusal(400, "LocationNotAvailableForResourceType", message)


def _check_sku(kind: str, body: Mapping[str, object]) -> None:
    sku = body.get("sku")
    if kind.lower() == "microsoft.web/serverfarms" and isinstance(sku, dict) and sku["name"] not in SKUS + _ELASTIC:
        raise Refusal(400, "SkuNotAvailable", f"The requested app service plan SKU '{sku['name']}' is not available.")
