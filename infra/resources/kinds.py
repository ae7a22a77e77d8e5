"""The kinds of resources in Azure, and the version of ARM's interface that each is written for."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.contract import Manifest
from infra.resources.expressions import DEPLOYMENT_TAG, ResourceId

GROUP = "Microsoft.Resources/resourceGroups"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
ROLE = "Microsoft.Authorization/roleAssignments"
STORAGE = "Microsoft.Storage/storageAccounts"
CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers"
QUEUE = "Microsoft.Storage/storageAccounts/queueServices/queues"
REGISTRY = "Microsoft.ContainerRegistry/registries"
VAULT = "Microsoft.KeyVault/vaults"
NAMESPACE = "Microsoft.ServiceBus/namespaces"
BUS_QUEUE = "Microsoft.ServiceBus/namespaces/queues"
BUS_TOPIC = "Microsoft.ServiceBus/namespaces/topics"
BUS_SUBSCRIPTION = "Microsoft.ServiceBus/namespaces/topics/subscriptions"
BUS_RULE = "Microsoft.ServiceBus/namespaces/authorizationRules"
EVENT_TOPIC = "Microsoft.EventGrid/systemTopics"
EVENT_SUBSCRIPTION = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
PLAN = "Microsoft.Web/serverfarms"
SITE = "Microsoft.Web/sites"
CONTAINER_GROUP = "Microsoft.ContainerInstance/containerGroups"
ENVIRONMENT = "Microsoft.App/managedEnvironments"
CONTAINER_APP = "Microsoft.App/containerApps"

API_VERSIONS: Mapping[str, str] = {
    "Microsoft.Resources": "2024-03-01",
    "Microsoft.ManagedIdentity": "2023-01-31",
    "Microsoft.Authorization": "2022-04-01",
    "Microsoft.Storage": "2024-01-01",
    "Microsoft.ContainerRegistry": "2023-07-01",
    "Microsoft.KeyVault": "2023-07-01",
    "Microsoft.ServiceBus": "2024-01-01",
    "Microsoft.EventGrid": "2025-02-15",
    "Microsoft.Web": "2024-11-01",
    "Microsoft.ContainerInstance": "2023-05-01",
    "Microsoft.App": "2025-07-01",
}
"""Provider -> version."""


def api_version(address: str) -> str:
    """The version for a kind, or for an address that begins with one."""
    return API_VERSIONS[address.partition("/")[0]]


def kind_of(address: str) -> str:
    """`Microsoft.Web/sites` of `Microsoft.Web/sites/mine`: a kind has one part more for each part of the name."""
    parts = address.split("/")
    return "/".join(parts[: 1 + (len(parts) - 1) // 2])


def name_of(address: str) -> str:
    """`mine` of `Microsoft.Web/sites/mine`."""
    return address.removeprefix(kind_of(address) + "/")


def resource(
    kind: str, name: str, content: Mapping[str, Any], *, after: Sequence[str] = (), deployment: str = ""
) -> Manifest:
    """A manifest of `kind`; with the name of a deployment it says in its tags whose it is."""
    body = {"apiVersion": api_version(kind), **content}
    if deployment:
        body["tags"] = {**content.get("tags", {}), DEPLOYMENT_TAG: deployment}
    return Manifest(kind=kind, name=name, body=body, after=tuple(after))


def id_of(manifest: Manifest) -> ResourceId:
    """Its id."""
    return ResourceId(address=manifest.address)
