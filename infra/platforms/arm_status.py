"""An app in Azure as it stands: its state, its address, its key."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from infra.contract import Deployment, DeploymentSpec
from infra.platforms.arm_client import ArmClient
from infra.platforms.arm_current import state_of
from infra.platforms.arm_errors import Refused
from infra.platforms.arm_keys import FoundKey, KeyReader
from infra.platforms.arm_logs import STARTED, platform_lines
from infra.resources.kinds import CONTAINER_APP, CONTAINER_GROUP, SITE, STORAGE, api_version

APPS = (SITE.lower(), CONTAINER_GROUP.lower(), CONTAINER_APP.lower())
STARTING_TAG = "packager-starting"
"""Of a site whose new container was not seen yet: which line of its log was the last before; an apply goes on by it."""
_STATES = {
    "running": "running",
    "succeeded": "running",
    "stopped": "stopped",
    "terminated": "stopped",
    "suspended": "stopped",
    "failed": "failed",
    "canceled": "failed",
    "limited": "failed",
    "quotaexceeded": "failed",
}


def deployment(
    spec: DeploymentSpec, resources: list[dict[str, Any]], *, group: str, arm: ArmClient, keys: KeyReader
) -> Deployment:
    """What is known of the deployment that made these resources."""
    name, target = spec.name, spec.target
    details = {"resource group": group}
    accounts = [each for each in resources if each["type"].lower() == STORAGE.lower()]
    if accounts:
        details["storage accounts"] = ", ".join(sorted(each["name"] for each in accounts))
    found = next((each for each in resources if each["type"].lower() in APPS), None)
    app = arm.get(found["id"], api_version(found["type"])) if found else None
    if app is None:
        details["reason"] = "The app is not there yet; apply again goes on."
        return Deployment(name=name, target=target, state="failed", details=details)
    kind = app["type"].lower()
    if kind == CONTAINER_GROUP.lower():
        details |= _last_event(app)
    if kind == SITE.lower():
        details |= _last_error(arm, app)
    key = _key(app, accounts, keys) if spec.image.may_need_key else FoundKey()
    if key.why_not:
        details["key"] = key.why_not
    return Deployment(
        name=name,
        target=target,
        state=_state(app),
        url=url_of(app),
        key=key.value,
        image=image_of(arm, app),
        details=details,
    )


def url_of(app: Mapping[str, Any]) -> str:
    """Where an app answers; empty when nobody outside reaches it."""
    properties, kind = app["properties"], app["type"].lower()
    if kind == SITE.lower():
        return f"https://{properties['defaultHostName']}"
    if kind == CONTAINER_APP.lower():
        ingress = (properties.get("configuration") or {}).get("ingress") or {}
        return f"https://{ingress['fqdn']}" if ingress.get("fqdn") else ""
    address = properties.get("ipAddress") or {}
    host = address.get("fqdn") or address.get("ip")
    ports = [each["port"] for each in address.get("ports") or []]
    return f"http://{host}:{ports[0]}" if host and ports else ""


def is_reachable(app: Mapping[str, Any]) -> bool:
    """Has it an address that is not its own network's alone?"""
    properties, kind = app["properties"], app["type"].lower()
    if kind == CONTAINER_APP.lower():
        return bool(((properties.get("configuration") or {}).get("ingress") or {}).get("external"))
    if kind == CONTAINER_GROUP.lower():
        return str((properties.get("ipAddress") or {}).get("type")).lower() == "public"
    return True


def image_of(arm: ArmClient, app: Mapping[str, Any]) -> str:
    """The image that it was told to run."""
    properties, kind = app["properties"], app["type"].lower()
    if kind == CONTAINER_APP.lower():
        return str(properties["template"]["containers"][0]["image"])
    if kind == CONTAINER_GROUP.lower():
        return str(properties["containers"][0]["properties"]["image"])
    web = arm.get(f"{app['id']}/config/web", api_version(SITE)) or {}
    return str((web.get("properties") or {}).get("linuxFxVersion") or "").removeprefix("DOCKER|")


def _state(app: Mapping[str, Any]) -> str:
    properties = app["properties"]
    if state_of(app) in {"failed", "canceled"}:
        return "failed"
    newest = properties.get("latestRevisionName")
    if STARTING_TAG in (app.get("tags") or {}) or newest != properties.get("latestReadyRevisionName", newest):
        # An apply was stopped before it saw the new one answer.
        return "deploying"
    view = (properties.get("instanceView") or {}).get("state")
    said = str(view or properties.get("state") or properties.get("runningStatus") or "").lower()
    return _STATES.get(said, "deploying")


def _last_error(arm: ArmClient, site: Mapping[str, Any]) -> dict[str, str]:
    """Of what App Service says of the newest container: an error that a start came after is over."""
    said = next(
        (line for line in reversed(platform_lines(arm, site) or []) if STARTED.search(line) or " ERROR " in line), ""
    )
    return {"last error": said} if " ERROR " in said else {}


def _last_event(group: Mapping[str, Any]) -> dict[str, str]:
    view = group["properties"]["containers"][0]["properties"].get("instanceView") or {}
    said = (view.get("currentState") or {}).get("detailStatus")
    return {"reason": str(said)} if said else {}


def _key(app: Mapping[str, Any], accounts: list[dict[str, Any]], keys: KeyReader) -> FoundKey:
    """The default function key: of the site where Azure gives it, else where the host keeps it."""
    if app["type"].lower() == SITE.lower() and "functionapp" in str(app.get("kind", "")):
        with suppress(Refused):
            listed = keys.arm.post(f"{app['id']}/host/default/listkeys", api_version(SITE))
            if default := (listed.get("functionKeys") or {}).get("default"):
                return FoundKey(value=str(default))
    return keys.find(app, accounts)
