"""Role definitions by name, and what an assignment must be."""

from typing import Any, Protocol

from tests.support.fake_arm.identity import CALLER
from tests.support.fake_arm.store import SUBSCRIPTION, Place
from tests.support.fake_arm.wire import Refusal

ROLES = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Storage Queue Data Message Sender": "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "Storage Account Contributor": "17d1049b-9a84-46fb-8f53-869881c3d3ab",
    "Azure Service Bus Data Owner": "090c5cfd-751d-490a-894a-3ce6f1109419",
    "Azure Service Bus Data Receiver": "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
    "Azure Service Bus Data Sender": "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
}


class _Arm(Protocol):
    store: Any


def definitions(wanted: str) -> list[dict[str, Any]]:
    """Those whose name or id a filter says in quotes; all without one."""
    quoted = wanted.partition("'")[2].partition("'")[0]
    return [definition(role, name) for name, role in ROLES.items() if not quoted or quoted in (name, role)]


def definition(role: str, name: str) -> dict[str, Any]:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    properties = {"roleName": name, "type": "BuiltInRole", "permissions": [], "assignableScopes": ["/"]}
    return {"id": path, "name": role, "type": "Microsoft.Authorization/roleDefinitions", "properties": properties}


def check_assignment(arm: _Arm, place: Place, body: dict[str, Any]) -> None:
    """Raises Refusal: PrincipalNotFound, RoleDefinitionDoesNotExist, RoleAssignmentExists."""
    said = body["properties"]
    role, principal = said["roleDefinitionId"].rpartition("/")[2], said["principalId"]
    if role not in ROLES.values():
        raise Refusal(400, "RoleDefinitionDoesNotExist", f"There is no role definition with ID '{role}'.")
    if principal not in principals(arm):
        raise Refusal(400, "PrincipalNotFound", f"Principal {principal} does not exist in the directory.")
    for each in arm.store.of_kind("Microsoft.Authorization/roleAssignments"):
        other = each.body["properties"]
        same = other["principalId"] == principal and other["roleDefinitionId"].endswith(role)
        if each.path.lower() == place.path.lower():
            if not same:
                message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
                raise Refusal(409, "RoleAssignmentUpdateNotPermitted", message)
        elif same and each.path.lower().rpartition("/providers/")[0] == place.scope.lower():
            raise Refusal(409, "RoleAssignmentExists", "The role assignment already exists.")


def principals(arm: _Arm) -> set[str]:
    """Everybody that the directory knows."""
    from tests.support.fake_arm.views import principal

    return {CALLER} | {principal(each) for each in arm.store.values()}
