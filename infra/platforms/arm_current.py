"""A resource as it is now, whole: some parts of it Azure shows only when it is asked for them apart."""

import time
from collections.abc import Mapping
from typing import Any

from infra.contract import Manifest
from infra.platforms.arm_client import ArmClient
from infra.platforms.arm_place import ArmPlace
from infra.resources.kinds import CONTAINER_APP, CONTAINER_GROUP, ROLE, SITE

_WORKING = frozenset({"creating", "updating", "inprogress", "accepted", "pending", "deleting", "repairing", "scaling"})
BROKEN = frozenset({"failed", "canceled"})


def current(arm: ArmClient, place: ArmPlace, manifest: Manifest, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """None when it is not there. `body` is the manifest's with its values."""
    path, version = place.path_of(manifest), manifest.body["apiVersion"]
    found = arm.get(path, version)
    if found is None:
        return _same_role(arm, path, version, body) if manifest.kind == ROLE else None
    if manifest.kind == SITE:
        _add_site_config(arm, path, version, found)
    elif manifest.kind == CONTAINER_APP:
        _add_secrets(arm, path, version, found)
    elif manifest.kind == CONTAINER_GROUP:
        _assume_secrets(body, found)
    return found


def settled(arm: ArmClient, path: str, version: str, *, pause: float, limit: float) -> str:
    """Its provisioning state in lower case, when nobody works on it any more: an earlier apply may still go on."""
    deadline = time.monotonic() + limit
    while True:
        found = arm.get(path, version) or {}
        state = str((found.get("properties") or {}).get("provisioningState") or "").lower()
        if state not in _WORKING or time.monotonic() > deadline:
            return state
        time.sleep(pause)


def state_of(found: Mapping[str, Any]) -> str:
    """Its provisioning state in lower case; empty where the kind has none."""
    return str((found.get("properties") or {}).get("provisioningState") or "").lower()


def is_working(found: Mapping[str, Any]) -> bool:
    return state_of(found) in _WORKING


def _add_site_config(arm: ArmClient, path: str, version: str, found: dict[str, Any]) -> None:
    web = arm.get(f"{path}/config/web", version) or {}
    settings = arm.post(f"{path}/config/appsettings/list", version).get("properties") or {}
    listed = [{"name": name, "value": value} for name, value in settings.items()]
    found["properties"]["siteConfig"] = {**(web.get("properties") or {}), "appSettings": listed}


def _add_secrets(arm: ArmClient, path: str, version: str, found: dict[str, Any]) -> None:
    configuration = found["properties"].get("configuration") or {}
    if configuration.get("secrets"):
        configuration["secrets"] = arm.post(f"{path}/listSecrets", version).get("value") or []


def _assume_secrets(body: Mapping[str, Any], found: dict[str, Any]) -> None:
    """Nobody can read these back from a container group, so those that are there count as unchanged."""
    wanted = {each["name"]: each["properties"] for each in body["properties"].get("containers", [])}
    for each in found["properties"].get("containers", []):
        said = {one["name"]: one for one in wanted.get(each["name"], {}).get("environmentVariables", [])}
        for variable in each["properties"].get("environmentVariables") or []:
            hidden = said.get(variable["name"], {}).get("secureValue")
            if hidden is not None and "value" not in variable:
                variable["secureValue"] = hidden
    logins = {each["server"]: each for each in body["properties"].get("imageRegistryCredentials") or []}
    for login in found["properties"].get("imageRegistryCredentials") or []:
        if "password" in logins.get(login["server"], {}):
            login["password"] = logins[login["server"]]["password"]


def _same_role(arm: ArmClient, path: str, version: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The same role of the same identity at the same place, under another name."""
    said = body["properties"]
    if not str(said["principalId"]).count("-"):
        return None
    scope = path.rpartition("/providers/")[0]
    query = {"$filter": f"principalId eq '{said['principalId']}'"}
    role = str(said["roleDefinitionId"]).rpartition("/")[2].lower()
    for each in arm.list(f"{scope}/providers/{ROLE}", version, query):
        other = each["properties"]
        if other["roleDefinitionId"].lower().endswith(role) and str(other.get("scope", scope)).lower() == scope.lower():
            return each
    return None
