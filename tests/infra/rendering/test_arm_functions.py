import pytest

from infra.contract import Secret
from infra.rendering.arm_functions import in_template
from infra.resources.expressions import (
    Concat,
    Property,
    RegistryPassword,
    ResourceId,
    RoleDefinitionId,
    ServiceBusConnection,
    StorageConnection,
)

CONTAINER = ResourceId(address="Microsoft.Storage/storageAccounts/blobServices/containers/a/default/in")
IDENTITY = ResourceId(address="Microsoft.ManagedIdentity/userAssignedIdentities/me")
SITE = ResourceId(address="Microsoft.Web/sites/mine", group="other")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            CONTAINER,
            "[resourceId('Microsoft.Storage/storageAccounts/blobServices/containers', 'a', 'default', 'in')]",
        ),
        (SITE, "[resourceId('other', 'Microsoft.Web/sites', 'mine')]"),
        (Secret(variable="KEY"), "[parameters('KEY')]"),
        (
            Property(of=IDENTITY, path="properties.clientId"),
            "[reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'me'), '2023-01-31').clientId]",
        ),
        (
            Property(of=SITE, path="identity.principalId"),
            "[reference(resourceId('other', 'Microsoft.Web/sites', 'mine'), '2024-11-01', 'Full')"
            ".identity.principalId]",
        ),
        (
            RoleDefinitionId(guid="1-2", name="AcrPull"),
            "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '1-2')]",
        ),
        (Concat(parts=("it's ", Secret(variable="KEY"))), "[concat('it''s ', parameters('KEY'))]"),
    ],
)
def test_values_are_functions_of_templates(value, text: str) -> None:
    assert in_template(value) == text


@pytest.mark.parametrize(
    ("value", "function"),
    [
        (StorageConnection(account=ResourceId(address="Microsoft.Storage/storageAccounts/a")), "listKeys("),
        (ServiceBusConnection(namespace=ResourceId(address="Microsoft.ServiceBus/namespaces/b")), "listKeys("),
        (RegistryPassword(registry=ResourceId(address="Microsoft.ContainerRegistry/registries/r")), "listCredentials("),
    ],
)
def test_keys_are_read_when_the_template_is_deployed(value, function: str) -> None:
    assert function in in_template(value)


def test_a_text_that_looks_like_a_function_stays_a_text() -> None:
    assert in_template(["[resourceGroup()]", "plain", "[abc"]) == ["[[resourceGroup()]", "plain", "[abc"]


def test_numbers_with_a_point_are_told_as_json() -> None:
    assert in_template({"a": 1.5, "b": 2.0, "c": 3, "d": True}) == {"a": "[json('1.5')]", "b": 2, "c": 3, "d": True}


def test_a_key_may_be_a_function_too() -> None:
    assert list(in_template({IDENTITY: {}})) == [
        "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'me')]"
    ]
