import uuid

from infra.resources.expressions import Property, ResourceId
from infra.resources.identity import ACR_PULL, BLOB_OWNER, client_id, identity, role_assignment, used_by

WHO = identity("diabetes-identity", "westeurope", deployment="diabetes", tags={})
REGISTRY = ResourceId(address="Microsoft.ContainerRegistry/registries/team", group="shared")


def test_a_role_is_given_to_the_identity_at_its_scope() -> None:
    given = role_assignment(ACR_PULL, to=WHO, scope=REGISTRY, group="g", made=False)

    assert given.body["scope"] == REGISTRY
    assert given.body["properties"]["principalId"] == Property(
        of=ResourceId(address=WHO.address), path="properties.principalId"
    )
    assert given.after == (WHO.address,)


def test_the_name_of_a_role_is_the_same_each_time_and_of_each_role_another() -> None:
    names = [
        role_assignment(role, to=WHO, scope=REGISTRY, group=group).name
        for role, group in ((ACR_PULL, "g"), (ACR_PULL, "g"), (BLOB_OWNER, "g"), (ACR_PULL, "other"))
    ]

    assert names[0] == names[1]
    assert len(set(names)) == 3
    assert str(uuid.UUID(names[0])) == names[0]


def test_a_scope_that_is_made_is_made_before() -> None:
    scope = ResourceId(address="Microsoft.Storage/storageAccounts/data")

    assert scope.address in role_assignment(BLOB_OWNER, to=WHO, scope=scope, group="g").after


def test_an_app_uses_the_identity_by_its_id_and_its_clients_by_its_client_id() -> None:
    assert used_by(WHO) == {"type": "UserAssigned", "userAssignedIdentities": {ResourceId(address=WHO.address): {}}}
    assert client_id(WHO).path == "properties.clientId"
