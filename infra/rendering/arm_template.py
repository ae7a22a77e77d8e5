"""Manifests as a template for Azure Resource Manager, to be deployed into a resource group."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.contract import Manifest, Secret
from infra.rendering.arm_functions import function, in_template, quoted, resource_id
from infra.resources.expressions import Concat, ResourceId
from infra.resources.kinds import GROUP, ROLE, api_version, name_of
from infra.resources.urls import url_in

_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/{}.json#"
_NESTED = "Microsoft.Resources/deployments"


def template(manifests: Sequence[Manifest]) -> dict[str, Any]:
    """`azuredeploy.json`: every secret is a securestring parameter, named like its environment variable."""
    scopes = {each.address: each.body["scope"] for each in manifests if each.kind == ROLE}
    made = {each.address for each in manifests if each.kind != GROUP}
    url = url_in(manifests)
    return {
        "$schema": _SCHEMA.format("deploymentTemplate"),
        "contentVersion": "1.0.0.0",
        "parameters": {
            "location": {"type": "string", "defaultValue": "[resourceGroup().location]"},
            **{name: {"type": "securestring"} for name in secret_variables(manifests)},
        },
        "resources": [_resource(each, scopes, made) for each in manifests if each.kind != GROUP],
        "outputs": {"url": {"type": "string", "value": in_template(url)}} if url else {},
    }


def parameters(manifests: Sequence[Manifest]) -> dict[str, Any]:
    """`azuredeploy.parameters.json`: all that is no secret."""
    group = next(each for each in manifests if each.kind == GROUP)
    return {
        "$schema": _SCHEMA.format("deploymentParameters"),
        "contentVersion": "1.0.0.0",
        "parameters": {"location": {"value": group.body["location"]}},
    }


def secret_variables(manifests: Sequence[Manifest]) -> tuple[str, ...]:
    """The environment variables whose values the deployment needs, in the order in which it does."""
    return tuple(dict.fromkeys(name for each in manifests for name in _variables(each.body)))


def _variables(value: Any) -> Iterator[str]:
    if isinstance(value, Secret):
        yield value.variable
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _variables(part)
    elif isinstance(value, list | tuple | Concat):
        for part in value.parts if isinstance(value, Concat) else value:
            yield from _variables(part)


def _resource(manifest: Manifest, scopes: Mapping[str, ResourceId], made: set[str]) -> dict[str, Any]:
    body = {"type": manifest.kind, "name": manifest.name, **in_template(manifest.body)}
    if "location" in body:
        body["location"] = "[parameters('location')]"
    after = [f"[{_id(each, scopes)}]" for each in manifest.after if each in made]
    scope = scopes.get(manifest.address)
    if scope and scope.group:
        return _nested(manifest, body, scope, after)
    return {**body, "dependsOn": after} if after else body


def _nested(manifest: Manifest, body: dict[str, Any], scope: ResourceId, after: list[str]) -> dict[str, Any]:
    """In another group than the template's: a deployment within the deployment."""
    inner = {"$schema": _SCHEMA.format("deploymentTemplate"), "contentVersion": "1.0.0.0", "resources": [body]}
    return {
        "type": _NESTED,
        "apiVersion": api_version(_NESTED),
        "name": manifest.name,
        "resourceGroup": scope.group,
        "dependsOn": after,
        "properties": {"mode": "Incremental", "template": inner},
    }


def _id(address: str, scopes: Mapping[str, ResourceId]) -> str:
    scope = scopes.get(address)
    if scope is None:
        return function(ResourceId(address=address))
    if scope.group:
        return resource_id(ResourceId(address=f"{_NESTED}/{name_of(address)}", group=scope.group))
    return f"extensionResourceId({resource_id(scope)}, {quoted(ROLE)}, {quoted(name_of(address))})"
