"""POST: keys, passwords and whatever else a GET does not show."""

from collections.abc import Callable
from typing import Any, Protocol

from tests.support.fake_arm import sites, views
from tests.support.fake_arm.store import Place, Resource
from tests.support.fake_arm.wire import Answer, Asked, Refusal, guid


class _Arm(Protocol):
    address: str
    store: Any
    fronts: Any
    taken: set[str]


def post(arm: _Arm, place: Place, asked: Asked) -> Answer:
    """Raises Refusal for an action that the kind does not have."""
    kind, word = place.kind.lower(), place.word.lower()
    if kind == "microsoft.web/sites/config" and word == "list":
        return Answer(body=sites.listed_config(arm, place))
    if kind == "microsoft.web/sites/host" and word == "listkeys":
        arm.store.at(place.path.rpartition("/host/")[0])
        return Answer(body=sites.host_keys(place.names[0]))
    if word in {"checknameavailability", "checkname"}:
        return Answer(body=_available(arm, asked))
    if word == "register":
        return Answer(body={"registrationState": "Registered", "namespace": place.names[-1] if place.names else ""})
    if kind == "microsoft.servicebus/namespaces/authorizationrules" and word == "listkeys":
        return _bus(arm, place)
    if kind == "microsoft.app/containerapps/revisions" and word == "restart":
        app = arm.store.at(place.path.rpartition("/revisions/")[0])
        return _restart(arm, app, place)
    act = _ACTIONS.get((kind, word))
    if act is None:
        raise Refusal(404, "NoSuchAction", f"There is no action {place.word!r} of {place.kind}.")
    return act(arm, arm.store.at(place.path), place)


def _available(arm: _Arm, asked: Asked) -> dict[str, Any]:
    name = str((asked.body or {}).get("name", ""))
    used = name in arm.taken or any(each.name == name for each in arm.store.values())
    return {"nameAvailable": not used, **({"reason": "AlreadyExists", "message": "taken"} if used else {})}


def _keys(arm: _Arm, account: Resource, _: Place) -> Answer:
    value = views.key(arm, account.name)  # type: ignore[arg-type]
    two = [{"keyName": name, "value": value, "permissions": "FULL"} for name in ("key1", "key2")]
    return Answer(body={"keys": two})


def _password(arm: _Arm, registry: Resource, _: Place) -> Answer:
    if not registry.body.get("properties", {}).get("adminUserEnabled"):
        raise Refusal(400, "AdminUserDisabled", f"Run the command after enabling the admin user of {registry.name}.")
    value = views.key(arm, registry.name)  # type: ignore[arg-type]
    two = [{"name": name, "value": value} for name in ("password", "password2")]
    return Answer(body={"username": registry.name, "passwords": two})


def _bus(arm: _Arm, place: Place) -> Answer:
    """A namespace is made with one rule; others are resources of their own."""
    owner = place.path.rsplit("/", 2)[0]
    arm.store.at(owner if place.names[1] == "RootManageSharedAccessKey" else place.path)
    namespace = place.names[0]
    value = views.key(arm, namespace)  # type: ignore[arg-type]
    text = f"Endpoint=sb://{namespace}.servicebus.windows.net/;SharedAccessKeyName={place.names[1]}"
    return Answer(body={"primaryConnectionString": f"{text};SharedAccessKey={value}", "primaryKey": value})


def _restart(arm: _Arm, site: Resource, _: Place) -> Answer:
    arm.fronts.restart(site.name)
    return Answer()


def _publish(arm: _Arm, _: Resource, place: Place) -> Answer:
    return Answer(body=sites.publish_xml(arm, place))


def _secrets(_: _Arm, app: Resource, __: Place) -> Answer:
    return Answer(body={"value": app.body["properties"].get("configuration", {}).get("secrets", [])})


def _token(_: _Arm, app: Resource, __: Place) -> Answer:
    return Answer(body={"properties": {"token": guid("logs", app.path), "expires": "2099-01-01T00:00:00Z"}})


def _workspace(_: _Arm, workspace: Resource, __: Place) -> Answer:
    return Answer(body={"primarySharedKey": guid(workspace.path), "secondarySharedKey": guid(workspace.path)})


_ACTIONS: dict[tuple[str, str], Callable[[Any, Resource, Place], Answer]] = {
    ("microsoft.storage/storageaccounts", "listkeys"): _keys,
    ("microsoft.containerregistry/registries", "listcredentials"): _password,
    ("microsoft.web/sites", "restart"): _restart,
    ("microsoft.web/sites", "publishxml"): _publish,
    ("microsoft.app/containerapps", "listsecrets"): _secrets,
    ("microsoft.app/containerapps", "getauthtoken"): _token,
    ("microsoft.operationalinsights/workspaces", "sharedkeys"): _workspace,
}
