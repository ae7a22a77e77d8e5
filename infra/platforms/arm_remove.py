"""Delete what a deployment made, and nothing else."""

from typing import Any

from infra.contract import Log
from infra.platforms.arm_client import ArmClient
from infra.platforms.arm_errors import Refused, failed
from infra.platforms.arm_place import ArmPlace
from infra.platforms.arm_status import APPS
from infra.platforms.arm_steps import tagged
from infra.resources.expressions import DEPLOYMENT_TAG
from infra.resources.kinds import ENVIRONMENT, EVENT_TOPIC, GROUP, IDENTITY, PLAN, ROLE, api_version

_AFTER_APPS = (PLAN.lower(), ENVIRONMENT.lower())
_SOMEBODY = (IDENTITY, EVENT_TOPIC)
"""Those that have roles."""


def remove(arm: ArmClient, place: ArmPlace, deployment: str, *, log: Log) -> list[str]:
    """The addresses of what went; raises ApplyFailed."""
    group = arm.get(place.group_path, api_version(GROUP))
    if group is None:
        return []
    ours = tagged(arm, place, deployment)
    gone = [each for found in ours if found["type"] in _SOMEBODY for each in _roles(arm, place, found, log)]
    everything = list(arm.list(f"{place.group_path}/resources", api_version(GROUP)))
    of_the_group = (group.get("tags") or {}).get(DEPLOYMENT_TAG) == deployment
    if of_the_group and len(everything) == len(ours):
        log(f"The resource group {place.group}: delete, with everything in it")
        _delete(arm, place, place.group_path, api_version(GROUP))
        return [*gone, *(place.address_of(each["id"]) for each in ours), f"{GROUP}/{place.group}"]
    topics = [each for each in everything if each["type"] == EVENT_TOPIC]
    gone += [each for topic in topics for each in _subscriptions(arm, place, topic, deployment, log)]
    if of_the_group:
        log(f"The resource group {place.group} holds {len(everything) - len(ours)} resources of others and stays.")
    for found in sorted(ours, key=_turn):
        address = place.address_of(found["id"])
        log(f"{address}: delete")
        if _delete_unused(arm, place, found, log):
            gone.append(address)
    return gone


def _delete_unused(arm: ArmClient, place: ArmPlace, found: dict[str, Any], log: Log) -> bool:
    """A plan or an environment may have apps of other deployments by now, and stays for them."""
    try:
        return arm.delete(found["id"], api_version(found["type"]))
    except Refused as refusal:
        if found["type"].lower() not in _AFTER_APPS or refusal.status != 409 or refusal.code == "ScopeLocked":
            raise failed(refusal, place.address_of(found["id"]), group=place.group) from refusal
    log(f"{place.address_of(found['id'])}: other apps use it, so that it stays")
    return False


def _roles(arm: ArmClient, place: ArmPlace, somebody: dict[str, Any], log: Log) -> list[str]:
    """Those at resources of others outlive who has them, as assignments to nobody."""
    found = arm.get(somebody["id"], api_version(somebody["type"])) or {}
    who = found.get("identity") if somebody["type"] == EVENT_TOPIC else found.get("properties")
    principal = (who or {}).get("principalId")
    if not principal:
        return []
    query = {"$filter": f"principalId eq '{principal}'"}
    gone = []
    for each in list(arm.list(f"{place.root}/providers/{ROLE}", api_version(ROLE), query)):
        log(f"{ROLE}/{each['name']}: delete")
        if _delete(arm, place, each["id"], api_version(ROLE)):
            gone.append(f"{ROLE}/{each['name']}")
    return gone


def _subscriptions(arm: ArmClient, place: ArmPlace, topic: dict[str, Any], deployment: str, log: Log) -> list[str]:
    """Those of the deployment, also in a topic of somebody else: they would go on to fill their queue."""
    gone = []
    for each in list(arm.list(f"{topic['id']}/eventSubscriptions", api_version(EVENT_TOPIC))):
        if f"{DEPLOYMENT_TAG}={deployment}" in ((each.get("properties") or {}).get("labels") or ()):
            address = place.address_of(each["id"])
            log(f"{address}: delete")
            if _delete(arm, place, each["id"], api_version(EVENT_TOPIC)):
                gone.append(address)
    return gone


def _turn(found: dict[str, Any]) -> int:
    kind = found["type"].lower()
    return 0 if kind in APPS else 1 if kind in _AFTER_APPS else 3 if kind == IDENTITY.lower() else 2


def _delete(arm: ArmClient, place: ArmPlace, path: str, version: str) -> bool:
    try:
        return arm.delete(path, version)
    except Refused as refusal:
        raise failed(refusal, place.address_of(path), group=place.group) from refusal
