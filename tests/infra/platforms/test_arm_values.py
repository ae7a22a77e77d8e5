import pytest

from infra.contract import Secret
from infra.errors import ApplyFailed, InvalidDeployment
from infra.platforms.arm_values import UNKNOWN, SecretText, Values
from infra.resources import expressions
from infra.resources.expressions import Concat, Property, ResourceId
from tests.support.arm_platform import SHARED, place

REGISTRY = ResourceId(address="Microsoft.ContainerRegistry/registries/teamimages", group=SHARED)
ACCOUNT = ResourceId(address="Microsoft.Storage/storageAccounts/account1", group=SHARED)
BUS = ResourceId(address="Microsoft.ServiceBus/namespaces/team-bus", group=SHARED)
GONE = ResourceId(address="Microsoft.Storage/storageAccounts/nobody")


@pytest.fixture
def values(azure):
    body = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    azure.put(f"/resourceGroups/{SHARED}/providers/{ACCOUNT.address}", body)
    azure.put(f"/resourceGroups/{SHARED}/providers/{BUS.address}", {"location": "westeurope"})
    with azure.client() as arm:
        yield lambda planning=False: Values(arm, place(), {"MINE": "hush"}, planning=planning)


def test_leaves_everything_else_alone(values) -> None:
    body = {"a": [1, True, None, "x"], "b": {"c": 1.5}}

    assert values().of(body) == body


def test_ids_also_as_keys(values) -> None:
    found = values().of({REGISTRY: {}})

    assert list(found) == [place(SHARED).path(ResourceId(address=REGISTRY.address))]


def test_a_role_is_the_subscriptions(values) -> None:
    role = expressions.RoleDefinitionId(guid="7f951dda", name="AcrPull")

    assert values().of(role).endswith("/providers/Microsoft.Authorization/roleDefinitions/7f951dda")


def test_properties_by_path(values) -> None:
    found = values()

    assert found.of(Property(of=REGISTRY, path="properties.loginServer")) == "teamimages.azurecr.io"
    with pytest.raises(ApplyFailed, match=r"registries/teamimages has no properties\.nothing"):
        found.of(Property(of=REGISTRY, path="properties.nothing"))


def test_a_connection_is_written_as_az_writes_it(values) -> None:
    found = values().of(expressions.StorageConnection(account=ACCOUNT))

    assert found.startswith(
        "DefaultEndpointsProtocol=https;EndpointSuffix=core.windows.net;AccountName=account1;AccountKey="
    )
    assert found.endswith(";TableEndpoint=https://account1.table.core.windows.net/")


def test_secrets_are_text_that_nobody_sees(values) -> None:
    read = values()
    password = read.of(expressions.RegistryPassword(registry=REGISTRY))
    whole = read.of(Concat(parts=("user:", Secret(variable="MINE"))))
    connection = read.of(expressions.ServiceBusConnection(namespace=BUS))

    assert whole == "user:hush"
    assert {type(each) for each in (password, whole, connection)} == {SecretText}
    assert repr(whole) == "'***'"
    assert read.scrubbed(f"{password}, {connection} and hush are secret") == "***, *** and *** are secret"


def test_plain_text_stays_plain(values) -> None:
    assert type(values().of(Concat(parts=("a", "b")))) is str


def test_each_is_asked_for_once(azure, values) -> None:
    read = values()
    azure.fake.asked.clear()

    for _ in range(3):
        read.of(expressions.StorageConnection(account=ACCOUNT))

    assert len(azure.fake.asked) == 2


@pytest.mark.parametrize(
    "value",
    [
        Property(of=GONE, path="properties.x"),
        expressions.StorageConnection(account=GONE),
        expressions.RegistryPassword(registry=GONE),
        expressions.ServiceBusConnection(namespace=GONE),
    ],
)
def test_what_is_not_there_is_known_later_or_an_error(values, value) -> None:
    assert values(planning=True).of(value) == UNKNOWN
    with pytest.raises(ApplyFailed, match=r"no Microsoft\.Storage/storageAccounts/nobody in the resource group"):
        values().of(value)


def test_a_variable_that_is_not_set(values) -> None:
    with pytest.raises(InvalidDeployment, match="environment variable YOURS"):
        values().of(Secret(variable="YOURS"))
