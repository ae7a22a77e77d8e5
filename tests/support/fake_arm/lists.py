"""GET of collections and catalogues."""

from typing import Any, Protocol

from tests.support.fake_arm import views
from tests.support.fake_arm.identity import TENANT
from tests.support.fake_arm.kinds import KINDS, REGIONS
from tests.support.fake_arm.roles import definitions
from tests.support.fake_arm.store import SUBSCRIPTION, Place, Resource
from tests.support.fake_arm.wire import Answer, Asked, Refusal

_STACK = {
    "runtimeVersion": "8.0",
    "isHidden": False,
    "isDefault": True,
    "isDeprecated": False,
    "isPreview": False,
    "supportedFunctionsExtensionVersions": ["~4"],
    "siteConfigPropertiesDictionary": {"use32BitWorkerProcess": False, "linuxFxVersion": "DOTNET-ISOLATED|8.0"},
    "appInsightsSettings": {"isSupported": True},
    "gitHubActionSettings": {"isSupported": True},
    "remoteDebuggingSupported": False,
}
_STACKS = ("dotnet", "dotnet-isolated", "python", "node", "custom")
_LISTS_OF_SITES = ("sites", "functions")


class _Arm(Protocol):
    address: str
    store: Any
    fronts: Any


def get(arm: _Arm, place: Place, asked: Asked) -> Answer:
    """Raises Refusal for what there is no list of."""
    word, path = place.word.lower(), asked.path.lower()
    if path == "/tenants":
        return _page([{"id": f"/tenants/{TENANT}", "tenantId": TENANT, "displayName": "Tests"}])
    if path == "/subscriptions":
        return _page([_subscription()])
    if path == f"/subscriptions/{SUBSCRIPTION}":
        return Answer(body=_subscription())
    if place.kind.lower() == "microsoft.authorization":
        return _authorization(arm, place, word, asked)
    if word == "logs" and place.kind.lower() == "microsoft.containerinstance/containergroups/containers":
        arm.store.at(place.path.rpartition("/containers/")[0])
        return Answer(body={"content": "".join(f"{line}\n" for line in arm.fronts.log_lines)})
    if word == "replicas":
        return _page([{"name": "replica-1", "properties": {"containers": [{"name": "app"}]}}])
    catalogue = _catalogue(place, word)
    return catalogue or _collection(arm, place, word, asked)


def _catalogue(place: Place, word: str) -> Answer | None:
    if word == "functionappstacks":
        return _page([_stack(name) for name in _STACKS])
    if word in {"georegions", "locations"}:
        return _page(
            [{"name": name, "properties": {"name": name, "displayName": name}, "displayName": name} for name in REGIONS]
        )
    if not place.names and not word and place.kind:
        return Answer(body=_provider(place.kind))
    if word == "providers":
        return _page([_provider(name) for name in {kind.partition("/")[0] for kind in KINDS}])
    return None


def _collection(arm: _Arm, place: Place, word: str, asked: Asked) -> Answer:
    if word == "resourcegroups":
        return _page([views.of(arm, each) for each in arm.store.of_kind("Microsoft.Resources/resourceGroups")])  # type: ignore[arg-type]
    if word == "resources":
        arm.store.at(place.path) if place.names else None
        scope = place.path if place.names else place.scope
        return _page([views.of(arm, each) for each in _tagged(arm, scope, asked.query.get("$filter", ""))])  # type: ignore[arg-type]
    kind = f"{place.kind}/{place.word}"
    owner = f"{place.path}/" if place.names else f"{place.scope}/"
    if place.names:
        arm.store.at(place.path) if not place.kind.lower().endswith("services") else None
    else:
        arm.store.check_group(place.scope + "/")
    if kind.lower() not in KINDS and word not in _LISTS_OF_SITES and word not in {"hostnamebindings", "slots"}:
        raise Refusal(404, "InvalidResourceType", f"The resource type {kind} could not be found.")
    return _page([views.of(arm, each) for each in arm.store.of_kind(kind, owner)])  # type: ignore[arg-type]


def _tagged(arm: _Arm, scope: str, wanted: str) -> list[Resource]:
    """The outermost resources, of one kind, in one group or with one tag where the filter says so."""
    said = wanted.split("'")
    found = [each for each in arm.store.below(scope) if each.kind.count("/") == 1]
    found = [each for each in found if "roleassignments" not in each.kind.lower()]
    if wanted.lower().startswith("resourcetype eq"):
        return [each for each in found if each.kind.lower() == said[1].lower()]
    if wanted.lower().startswith("resourcegroup eq"):
        group = f"{scope}/resourceGroups/{said[1]}/".lower()
        return [each for each in found if each.path.lower().startswith(group)]
    if wanted.lower().startswith("tagname eq"):
        return [each for each in found if each.body.get("tags", {}).get(said[1]) == said[3]]
    return found


def _authorization(arm: _Arm, place: Place, word: str, asked: Asked) -> Answer:
    wanted = asked.query.get("$filter", "")
    if word == "roledefinitions":
        return _page(definitions(wanted))
    if word != "roleassignments":
        raise Refusal(404, "InvalidResourceType", f"There is no {word} in Microsoft.Authorization.")
    all_of_them = arm.store.of_kind("Microsoft.Authorization/roleAssignments", place.scope)
    found = [each for each in all_of_them if each.body["properties"]["principalId"] in wanted or "'" not in wanted]
    return _page([_assignment(each) for each in found])


def _assignment(each: Resource) -> dict[str, Any]:
    body = each.shown()
    return {**body, "properties": {**body["properties"], "scope": each.path.rpartition("/providers/")[0]}}


def _page(values: list[dict[str, Any]]) -> Answer:
    return Answer(body={"value": values})


def _subscription() -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
        "displayName": "Tests",
        "state": "Enabled",
        "subscriptionPolicies": {"quotaId": "Tests"},
    }


def _region(name: str) -> dict[str, Any]:
    return {"name": name, "displayName": name, "properties": {"name": name, "displayName": name}}


def _provider(namespace: str) -> dict[str, Any]:
    kinds = [kind.partition("/")[2] for kind in KINDS if kind.partition("/")[0] == namespace.lower()]
    spelled = {
        "managedenvironments": "managedEnvironments",
        "containerapps": "containerApps",
        "systemtopics": "systemTopics",
    }
    types = [
        {"resourceType": spelled.get(kind, kind), "locations": list(REGIONS), "apiVersions": ["2025-01-01"]}
        for kind in kinds
    ]
    return {"namespace": namespace, "registrationState": "Registered", "resourceTypes": types}


def _stack(name: str) -> dict[str, Any]:
    worker = {"appSettingsDictionary": {"FUNCTIONS_WORKER_RUNTIME": name}}
    settings = {"linuxRuntimeSettings": {**_STACK, **worker}}
    minor = {"displayText": "8", "value": "8.0", "stackSettings": settings}
    major = {"displayText": "8", "value": "8", "minorVersions": [minor]}
    properties = {"displayText": name, "value": name, "preferredOs": "linux", "majorVersions": [major]}
    return {"id": f"/providers/Microsoft.Web/functionAppStacks/{name}", "name": name, "properties": properties}
