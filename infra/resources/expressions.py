"""What the body of an ARM manifest may hold beside JSON values: values that are known only when it is applied.

A manifest for ARM has as its `kind` the whole type of the resource, as its `name` the names from the outermost
resource to itself, and as its `body` what ARM takes:

    kind   Microsoft.Storage/storageAccounts/blobServices/containers
    name   account/default/input
    body   {"apiVersion": "2025-06-01", "properties": {...}}
    after  ("Microsoft.Storage/storageAccounts/account",)

The body has `apiVersion`, and where the resource takes them `location`, `tags`, `kind`, `sku`, `identity`; never `id`,
`name` or `type`. Everything is in the deployment's resource group, but for two kinds:
`Microsoft.Resources/resourceGroups` is the group, always the first; and the body of
`Microsoft.Authorization/roleAssignments` has the key `scope`, a ResourceId: ARM wants it in the URL
(`{scope}/providers/Microsoft.Authorization/roleAssignments/{name}`), not in the body. The app itself is one manifest,
whole: its identity and its roles are there before, so that it starts once. Nothing follows it but what may have to wait
for somebody: the topic and the subscriptions of an account in another group.

The values below may stand wherever text may stand, and a ResourceId also as a key (of `userAssignedIdentities`). They
may point at resources that no manifest makes, such as a registry that was there before. Of each there are three
readings: the platform asks ARM, the template writes a function such as `[listKeys(...)]`, the script a substitution of
the shell. `infra.contract.Secret` with a `variable` is one of them too; those that a vault holds are spelled by the
target.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.contract import Secret

DEPLOYMENT_TAG = "packager-deployment"
"""The tag of everything that a deployment made; its value is the deployment's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceId:
    """`/subscriptions/.../resourceGroups/<group>/providers/<kind>/<name>`."""

    address: str
    """`kind/name` as in Manifest.address."""
    group: str = ""
    """Its resource group; empty is the deployment's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDefinitionId:
    """`/subscriptions/.../providers/Microsoft.Authorization/roleDefinitions/<guid>`."""

    guid: str
    name: str
    """For people, and for commands: `Storage Blob Data Owner`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One value of a resource as ARM shows it."""

    of: ResourceId
    path: str
    """Keys with dots between them: `properties.clientId`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageConnection:
    """The connection string of a storage account, with its first key. A secret."""

    account: ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceBusConnection:
    """The primary connection string of a namespace's `RootManageSharedAccessKey`. A secret."""

    namespace: ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryPassword:
    """The first password of a registry's admin user; the user is named like the registry. A secret."""

    registry: ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Concat:
    """Its parts, one after the other."""

    parts: tuple["Expression | str", ...]


Expression = (
    ResourceId
    | RoleDefinitionId
    | Property
    | StorageConnection
    | ServiceBusConnection
    | RegistryPassword
    | Concat
    | Secret
)
EXPRESSIONS = (
    ResourceId,
    RoleDefinitionId,
    Property,
    StorageConnection,
    ServiceBusConnection,
    RegistryPassword,
    Concat,
    Secret,
)
"""For isinstance()."""
_SECRETS = (Secret, StorageConnection, ServiceBusConnection, RegistryPassword)


def holds_secret(value: Any) -> bool:
    """Is there a secret anywhere in this value of a body?"""
    if isinstance(value, Concat):
        return any(holds_secret(part) for part in value.parts)
    if isinstance(value, Mapping):
        return any(holds_secret(part) for part in value.values())
    if isinstance(value, list | tuple):
        return any(holds_secret(part) for part in value)
    return isinstance(value, _SECRETS)
