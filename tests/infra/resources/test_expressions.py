import pytest

from infra.contract import Secret
from infra.resources.expressions import (
    EXPRESSIONS,
    Concat,
    Property,
    RegistryPassword,
    ResourceId,
    RoleDefinitionId,
    ServiceBusConnection,
    StorageConnection,
    holds_secret,
)

PLACE = ResourceId(address="Microsoft.Web/sites/mine")


@pytest.mark.parametrize(
    "value",
    [
        Secret(variable="X"),
        StorageConnection(account=PLACE),
        ServiceBusConnection(namespace=PLACE),
        RegistryPassword(registry=PLACE),
        Concat(parts=("Bearer ", Secret(variable="X"))),
        {"a": [{"b": Secret(variable="X")}]},
    ],
)
def test_a_secret_is_found_however_deep_it_is(value) -> None:
    assert holds_secret(value)


@pytest.mark.parametrize(
    "value",
    ["text", 1, None, PLACE, Property(of=PLACE, path="properties.x"), Concat(parts=("a", PLACE)), {"a": ["b", PLACE]}],
)
def test_what_anybody_may_see_is_no_secret(value) -> None:
    assert not holds_secret(value)


def test_expressions_may_be_keys_and_are_known_by_their_types() -> None:
    assert {PLACE: 1}[ResourceId(address="Microsoft.Web/sites/mine")] == 1
    assert isinstance(RoleDefinitionId(guid="1", name="R"), EXPRESSIONS)
    assert not isinstance("text", EXPRESSIONS)
