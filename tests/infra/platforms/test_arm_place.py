import pytest

from infra.contract import Manifest
from infra.platforms.arm_place import ArmPlace
from infra.resources.expressions import ResourceId
from infra.resources.kinds import ROLE

PLACE = ArmPlace(subscription="s", group="g")


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("Microsoft.Web/sites/mine", "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/mine"),
        ("Microsoft.Resources/resourceGroups/g", "/subscriptions/s/resourceGroups/g"),
        (
            "Microsoft.Storage/storageAccounts/blobServices/containers/a/default/input",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a/blobServices/default"
            "/containers/input",
        ),
    ],
)
def test_there_and_back(address, path) -> None:
    assert PLACE.path(ResourceId(address=address)) == path
    assert PLACE.address_of(path) == address


def test_another_group() -> None:
    assert "/resourceGroups/shared/" in PLACE.path(ResourceId(address="Microsoft.Web/sites/mine", group="shared"))


def test_roles_are_below_what_they_are_for() -> None:
    scope = ResourceId(address="Microsoft.Web/sites/mine")

    path = PLACE.path_of(Manifest(kind=ROLE, name="one", body={"scope": scope}))

    assert path == f"{PLACE.path(scope)}/providers/Microsoft.Authorization/roleAssignments/one"
    assert PLACE.address_of(path) == f"{ROLE}/one"
