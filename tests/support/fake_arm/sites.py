"""Web and function apps: their configuration is a resource of its own, and a change of it starts the container anew."""

from typing import Any, Protocol

from tests.support.fake_arm.kinds import tier
from tests.support.fake_arm.store import Place, Resource
from tests.support.fake_arm.wire import Answer, Asked, Refusal, guid, without_nulls

_SITES = "microsoft.web/sites"
_CONFIG = f"{_SITES}/config"
_SHOWN_IN_THE_SITE = ("linuxFxVersion", "acrUseManagedIdentityCreds", "alwaysOn", "numberOfWorkers")
_DEFAULTS: dict[str, Any] = {
    "numberOfWorkers": 1,
    "linuxFxVersion": "",
    "alwaysOn": False,
    "minTlsVersion": "1.2",
    "ftpsState": "FtpsOnly",
    "http20Enabled": False,
    "acrUseManagedIdentityCreds": False,
    "appCommandLine": "",
    "use32BitWorkerProcess": False,
}
_POLICIES = "basicPublishingCredentialsPolicies".lower()


class _Arm(Protocol):
    address: str
    store: Any
    fronts: Any


def check_site(arm: _Arm, place: Place, body: dict[str, Any]) -> None:
    """Write the plan's id in full, as clients may give its name alone; raises Refusal for one that is not there."""
    plan = str(body["properties"].get("serverFarmId") or "")
    if plan and "/" not in plan:
        plan = f"{place.scope}/providers/Microsoft.Web/serverfarms/{plan}"
        body["properties"]["serverFarmId"] = plan
    if plan and plan.lower() not in arm.store:
        raise Refusal(404, "NotFound", f"Cannot find ServerFarm with name {plan.rpartition('/')[2]}.")
    settings = (body["properties"].get("siteConfig") or {}).get("appSettings") or []
    names = [each["name"].lower() for each in settings]
    if len(set(names)) != len(names):
        raise Refusal(400, "BadRequest", "Parameter AppSettings has duplicate names.")


def take_config(arm: _Arm, site: Resource) -> None:
    """Move siteConfig out of the body of a PUT: the site's own answers hold little of it."""
    said = dict(site.body["properties"].pop("siteConfig", None) or {})
    settings = said.pop("appSettings", None)
    if settings is not None:
        site.kept["settings"] = {each["name"]: each.get("value", "") for each in settings}
    site.kept["web"] = {**_DEFAULTS, **site.kept.get("web", {}), **said}
    start(arm, site)


def start(arm: _Arm, site: Resource) -> None:
    arm.fronts.start(site.name, site.kept["web"].get("linuxFxVersion", ""), site.kept.get("settings", {}))


def write(arm: _Arm, place: Place, asked: Asked) -> Answer | None:
    """PUT and PATCH of what belongs to a site; None for everything else."""
    kind = place.kind.lower()
    if kind == _SITES and asked.method == "PATCH":
        return _patch_site(arm, place, asked.body)
    if kind == f"{_SITES}/{_POLICIES}":
        return Answer(body=_document(place, asked.body.get("properties", {})))
    if kind != _CONFIG:
        return None
    site = _site(arm, place)
    name, said = place.names[1].lower(), (asked.body or {}).get("properties") or {}
    if name == "appsettings":
        site.kept["settings"] = {key: str(value) for key, value in without_nulls(said).items()}
    elif name == "web":
        _take_web(site, said)
    else:
        site.kept[name] = without_nulls(said)
    start(arm, site)
    return Answer(body=_config(site, place))


def _take_web(site: Resource, said: dict[str, Any]) -> None:
    said = dict(said)
    settings = said.pop("appSettings", None)
    if settings is not None:
        site.kept["settings"] = {each["name"]: each.get("value", "") for each in settings}
    site.kept["web"] |= without_nulls(said)


def _patch_site(arm: _Arm, place: Place, body: dict[str, Any]) -> Answer:
    site: Resource = arm.store.at(place.path)
    properties = dict(without_nulls(body).get("properties", {}))
    _take_web(site, properties.pop("siteConfig", {}))
    site.body["properties"] |= properties
    site.body |= {key: value for key, value in body.items() if key in {"identity", "tags"}}
    start(arm, site)
    view = site.shown()
    add_view(arm, site, view)
    return Answer(body=view)


def shown_config(arm: _Arm, place: Place) -> dict[str, Any] | None:
    """GET of a site's configuration; None for everything else."""
    kind = place.kind.lower()
    if kind == f"{_SITES}/{_POLICIES}":
        return _document(place, {"allow": True})
    if kind == f"{_SITES}/sourcecontrols":
        raise Refusal(404, "NotFound", "No source control.")
    if kind != _CONFIG:
        return None
    return _config(_site(arm, place), place)


def listed_config(arm: _Arm, place: Place) -> dict[str, Any]:
    """POST .../config/<name>/list, which alone shows values."""
    site, name = _site(arm, place), place.names[1].lower()
    if name == "appsettings":
        return _document(place, dict(site.kept.get("settings", {})))
    if name == "publishingcredentials":
        user = {"publishingUserName": f"${site.name}", "publishingPassword": "published"}
        return _document(place, {**user, "scmUri": f"{arm.address}/scm/{site.name}"})
    return _document(place, dict(site.kept.get(name, {})))


def publish_xml(arm: _Arm, place: Place) -> str:
    site: Resource = arm.store.at(place.path)
    host = f"{arm.address.removeprefix('https://')}/front/{site.name}"
    web = f'publishMethod="MSDeploy" publishUrl="{host}" userName="${site.name}" userPWD="published"'
    ftp = f'publishMethod="FTP" publishUrl="ftp://{host}" userName="${site.name}" userPWD="published"'
    return (
        f'<publishData><publishProfile profileName="web" {web}/><publishProfile profileName="ftp" {ftp}/></publishData>'
    )


def host_keys(site: str) -> dict[str, Any]:
    return {"masterKey": guid("master", site), "functionKeys": {"default": guid("function", site)}, "systemKeys": {}}


def add_view(arm: _Arm, site: Resource, body: dict[str, Any]) -> None:
    properties = body["properties"]
    host = arm.address.removeprefix("https://")
    front, kudu = f"{host}/front/{site.name}", f"{host}/scm/{site.name}"
    plan = arm.store.get(str(properties.get("serverFarmId", "")).lower())
    web = site.kept.get("web", {})
    properties |= {
        "state": "Running",
        "enabled": True,
        "hostNames": [front],
        "defaultHostName": front,
        "enabledHostNames": [front, kudu],
        "hostNameSslStates": [
            {"name": front, "sslState": "Disabled", "hostType": "Standard"},
            {"name": kudu, "sslState": "Disabled", "hostType": "Repository"},
        ],
        "repositorySiteName": site.name,
        "sku": tier(plan.body["sku"]["name"]) if plan else "Dynamic",
        "resourceGroup": site.path.split("/")[4],
        "siteConfig": {key: web.get(key) for key in _SHOWN_IN_THE_SITE},
    }
    properties.setdefault("httpsOnly", False)
    # Azure writes down what the plan and the image make of it.
    properties["reserved"] = bool(plan and plan.body.get("properties", {}).get("reserved"))
    is_container = str(web.get("linuxFxVersion", "")).startswith("DOCKER|")
    if body.get("kind", "app") == "app":
        body["kind"] = "app,linux,container" if is_container and properties["reserved"] else "app"


def _site(arm: _Arm, place: Place) -> Resource:
    owner = Place(scope=place.scope, kind="Microsoft.Web/sites", names=place.names[:1])
    found: Resource = arm.store.at(owner.path)
    return found


def _config(site: Resource, place: Place) -> dict[str, Any]:
    name = place.names[1].lower()
    if name == "appsettings":
        return _document(place, dict(site.kept.get("settings", {})))
    return _document(place, dict(site.kept.get(name, {})))


def _document(place: Place, properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": place.path, "name": place.names[-1], "type": place.kind, "properties": properties}
