"""Values that are known only later, in the language of ARM templates: `[listKeys(...)]`, `[parameters('X')]`."""

from collections.abc import Mapping
from typing import Any

from infra.contract import Secret
from infra.resources.expressions import (
    EXPRESSIONS,
    Concat,
    Expression,
    Property,
    RegistryPassword,
    ResourceId,
    RoleDefinitionId,
    ServiceBusConnection,
    StorageConnection,
)
from infra.resources.kinds import BUS_RULE, REGISTRY, STORAGE, api_version, kind_of, name_of

_STORAGE_CONNECTION = "DefaultEndpointsProtocol=https;AccountName={0};AccountKey={1};EndpointSuffix={2}"


def in_template(value: Any) -> Any:
    """The value as a template has it; names of parameters are those of environment variables."""
    if isinstance(value, EXPRESSIONS):
        return f"[{function(value)}]"
    if isinstance(value, Mapping):
        return {in_template(key): in_template(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [in_template(part) for part in value]
    if isinstance(value, float):
        # Templates know whole numbers only.
        return int(value) if value.is_integer() else f"[json('{value}')]"
    # Only what begins and ends with a bracket is read as an expression, so that only that loses the bracket before it.
    is_like_one = isinstance(value, str) and value.startswith("[") and value.endswith("]")
    return f"[{value}" if is_like_one else value


def function(value: Expression | str) -> str:
    """The call that gives the value, without the brackets."""
    match value:
        case str():
            return quoted(value)
        case ResourceId() | RoleDefinitionId() | Property():
            return _of_resource(value)
        case Concat():
            return f"concat({', '.join(function(part) for part in value.parts)})"
        case Secret():
            return f"parameters({quoted(value.variable)})"
        case _:
            return _keys(value)


def _of_resource(value: ResourceId | RoleDefinitionId | Property) -> str:
    if isinstance(value, ResourceId):
        return resource_id(value)
    if isinstance(value, Property):
        return _reference(value)
    return f"subscriptionResourceId('Microsoft.Authorization/roleDefinitions', {quoted(value.guid)})"


def resource_id(of: ResourceId) -> str:
    """The call that gives an id."""
    names = name_of(of.address).split("/")
    parts = [*([of.group] if of.group else []), kind_of(of.address), *names]
    return f"resourceId({', '.join(map(quoted, parts))})"


def quoted(text: str) -> str:
    """A text inside of an expression."""
    return "'" + text.replace("'", "''") + "'"


def _reference(value: Property) -> str:
    version = quoted(api_version(value.of.address))
    head, _, rest = value.path.partition(".")
    if head == "properties":
        return f"reference({resource_id(value.of)}, {version}).{rest}"
    return f"reference({resource_id(value.of)}, {version}, 'Full').{value.path}"


def _keys(value: StorageConnection | ServiceBusConnection | RegistryPassword) -> str:
    if isinstance(value, StorageConnection):
        key = f"listKeys({resource_id(value.account)}, {quoted(api_version(STORAGE))}).keys[0].value"
        name = quoted(name_of(value.account.address))
        return f"format({quoted(_STORAGE_CONNECTION)}, {name}, {key}, environment().suffixes.storage)"
    if isinstance(value, RegistryPassword):
        version = quoted(api_version(REGISTRY))
        return f"listCredentials({resource_id(value.registry)}, {version}).passwords[0].value"
    rule = ResourceId(
        address=f"{BUS_RULE}/{name_of(value.namespace.address)}/RootManageSharedAccessKey", group=value.namespace.group
    )
    return f"listKeys({resource_id(rule)}, {quoted(api_version(BUS_RULE))}).primaryConnectionString"
