"""What a manifest says, in values: asks ARM for ids, properties and keys, and the environment for secrets."""

from collections.abc import Mapping
from typing import Any

from infra.contract import Secret
from infra.errors import ApplyFailed, InvalidDeployment
from infra.platforms.arm_client import ArmClient
from infra.platforms.arm_errors import lacks
from infra.platforms.arm_place import ArmPlace
from infra.resources import expressions
from infra.resources.expressions import EXPRESSIONS, ResourceId
from infra.resources.kinds import NAMESPACE, api_version

UNKNOWN = "(known when it is applied)"
"""Stands in a plan for what a resource will say that is not there yet."""


class SecretText(str):
    """Text that nobody may see: whoever shows values asks for it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class Values:
    """Reads each value once, so it belongs to one plan or one apply."""

    def __init__(self, arm: ArmClient, place: ArmPlace, variables: Mapping[str, str], *, planning: bool) -> None:
        """`planning`: what is not there yet is UNKNOWN; otherwise it is an error."""
        self._arm = arm
        self._place = place
        self._variables = variables
        self._planning = planning
        self._resources: dict[str, dict[str, Any]] = {}
        self._secrets: dict[object, SecretText] = {}

    def of(self, value: Any) -> Any:
        """The same with every expression replaced; raises ApplyFailed, InvalidDeployment and Refused."""
        if isinstance(value, EXPRESSIONS):
            return self._expression(value)
        if isinstance(value, Mapping):
            return {self.of(key): self.of(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.of(each) for each in value]
        return value

    def scrubbed(self, text: str) -> str:
        """`text` without any secret that was read, should Azure repeat one in what it says."""
        for secret in filter(None, self._secrets.values()):
            text = text.replace(str(secret), "***")
        return text

    def _expression(self, value: Any) -> Any:
        if isinstance(value, expressions.Concat):
            parts = [self.of(each) for each in value.parts]
            kind = SecretText if any(isinstance(each, SecretText) for each in parts) else str
            return kind("".join(parts))
        if isinstance(value, ResourceId):
            return self._place.path(value)
        if isinstance(value, expressions.RoleDefinitionId):
            return f"{self._place.root}/providers/Microsoft.Authorization/roleDefinitions/{value.guid}"
        if isinstance(value, expressions.Property):
            return self._property(value)
        if value not in self._secrets:
            found = self._secret(value)
            if found == UNKNOWN:
                return UNKNOWN
            self._secrets[value] = SecretText(found)
        return self._secrets[value]

    def _property(self, value: expressions.Property) -> Any:
        found: Any = self._resource(value.of)
        if found is None:
            return UNKNOWN
        for key in value.path.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
        if found is None:
            raise lacks(value.of.address, value.path, group=value.of.group or self._place.group)
        return found

    def _secret(self, value: Any) -> str:
        if isinstance(value, Secret):
            if value.variable not in self._variables:
                raise InvalidDeployment(f"The environment variable {value.variable}, which holds a secret, is not set.")
            return self._variables[value.variable]
        if isinstance(value, expressions.StorageConnection):
            return self._storage(value.account)
        if isinstance(value, expressions.ServiceBusConnection):
            rule = "/AuthorizationRules/RootManageSharedAccessKey/listKeys"
            found = self._keys(value.namespace, rule)
            return str(found["primaryConnectionString"]) if found else UNKNOWN
        found = self._keys(value.registry, "/listCredentials")
        return str(found["passwords"][0]["value"]) if found else UNKNOWN

    def _storage(self, account: ResourceId) -> str:
        """Just as `az storage account show-connection-string` writes it, so that either may be first."""
        shown, found = self._resource(account), self._keys(account, "/listKeys")
        if not shown or not found:
            return UNKNOWN
        ends = shown["properties"]["primaryEndpoints"]
        name = account.address.rpartition("/")[2]
        host = ends["blob"].partition("://")[2].strip("/")
        suffix = host.partition(f"{name}.blob.")[2] or "core.windows.net"
        kinds = [each for each in ("blob", "file", "queue", "table") if each in ends]
        services = [f"{each.capitalize()}Endpoint={ends[each]}" for each in kinds]
        start = ["DefaultEndpointsProtocol=https", f"EndpointSuffix={suffix}"]
        return ";".join([*start, f"AccountName={name}", f"AccountKey={found['keys'][0]['value']}", *services])

    def _keys(self, resource: ResourceId, action: str) -> dict[str, Any] | None:
        if self._resource(resource) is None:
            return None
        version = api_version(NAMESPACE if "ServiceBus" in resource.address else resource.address)
        return self._arm.post(f"{self._place.path(resource)}{action}", version)

    def _resource(self, resource: ResourceId) -> dict[str, Any] | None:
        path = self._place.path(resource)
        if path not in self._resources:
            found = self._arm.get(path, api_version(resource.address))
            if found is None and self._planning:
                return None
            if found is None:
                group = resource.group or self._place.group
                raise ApplyFailed(
                    f"There is no {resource.address} in the resource group {group!r}; make it, or correct its name."
                )
            self._resources[path] = found
        return self._resources[path]
