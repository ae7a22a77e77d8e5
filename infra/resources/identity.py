"""Who an app is in Azure, and what it may do: its identity and the roles that it has."""

import uuid
from collections.abc import Mapping
from typing import Any

from infra.contract import Manifest
from infra.resources.expressions import Property, ResourceId, RoleDefinitionId
from infra.resources.kinds import EVENT_TOPIC, IDENTITY, ROLE, id_of, resource

_NAMES = uuid.uuid5(uuid.NAMESPACE_OID, "packager-deployment role assignments")


def _role(name: str, guid: str) -> RoleDefinitionId:
    return RoleDefinitionId(guid=guid, name=name)


BLOB_OWNER = _role("Storage Blob Data Owner", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b")
QUEUE_CONTRIBUTOR = _role("Storage Queue Data Contributor", "974c5e8b-45b9-4653-ba55-5f855dd0fb88")
QUEUE_SENDER = _role("Storage Queue Data Message Sender", "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a")
TABLE_CONTRIBUTOR = _role("Storage Table Data Contributor", "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3")
BUS_OWNER = _role("Azure Service Bus Data Owner", "090c5cfd-751d-490a-894a-3ce6f1109419")
ACR_PULL = _role("AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d")
SECRETS_USER = _role("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6")


def identity(name: str, region: str, *, deployment: str, tags: Mapping[str, str]) -> Manifest:
    """An identity of its own for the app, which is there before the app is."""
    return resource(IDENTITY, name, {"location": region, "tags": dict(tags)}, deployment=deployment)


def role_assignment(
    role: RoleDefinitionId, *, to: Manifest, scope: ResourceId, group: str, made: bool = True
) -> Manifest:
    """Give `to`, an identity or a topic that has one, a role at `scope`.

    Another manifest makes `scope` unless `made` is false.
    Its name is the same each time, so that it is given once; `group` is that of `to`.
    """
    principal = "identity.principalId" if to.kind == EVENT_TOPIC else "properties.principalId"
    name = uuid.uuid5(_NAMES, "/".join((group, to.name, scope.group, scope.address, role.guid)).lower())
    content = {
        "scope": scope,
        "properties": {
            "principalId": Property(of=id_of(to), path=principal),
            "principalType": "ServicePrincipal",
            "roleDefinitionId": role,
        },
    }
    after = (to.address, scope.address) if made else (to.address,)
    return resource(ROLE, str(name), content, after=after)


def used_by(who: Manifest) -> dict[str, Any]:
    """What the key `identity` of an app says."""
    return {"type": "UserAssigned", "userAssignedIdentities": {id_of(who): {}}}


def client_id(who: Manifest) -> Property:
    """What the app's clients call it by."""
    return Property(of=id_of(who), path="properties.clientId")
