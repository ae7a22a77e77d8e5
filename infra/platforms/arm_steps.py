"""One manifest after the other: what would change, and the change."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from infra.contract import Change, Log, Manifest
from infra.errors import ApplyFailed, InvalidDeployment
from infra.platforms.arm_client import ArmClient, Pace
from infra.platforms.arm_compare import differences, earlier, is_made_anew, restarts
from infra.platforms.arm_current import BROKEN, current, is_working, settled, state_of
from infra.platforms.arm_errors import BUSY, Refused, failed
from infra.platforms.arm_place import ArmPlace
from infra.platforms.arm_values import Values
from infra.resources.expressions import DEPLOYMENT_TAG, holds_secret
from infra.resources.kinds import (
    CONTAINER_APP,
    CONTAINER_GROUP,
    EVENT_SUBSCRIPTION,
    GROUP,
    NAMESPACE,
    ROLE,
    SITE,
    STORAGE,
    api_version,
)

_URL_ONLY = frozenset({"apiVersion", "scope"})
_ACCOUNTS = frozenset({STORAGE, NAMESPACE})
_REFUSING_KEYS = ("properties.allowSharedKeyAccess: True -> False", "properties.disableLocalAuth: False -> True")
_ENDED = ("Succeeded", "Failed", "Stopped")
ANEW = "it goes and is made anew, as Azure does not change that in place"
_FIRST_WAIT = 2.0
_APPS = frozenset({SITE, CONTAINER_GROUP, CONTAINER_APP})


class Steps:
    """Belongs to one plan or one apply, as its values are read once."""

    def __init__(self, arm: ArmClient, place: ArmPlace, values: Values, *, log: Log, pace: Pace) -> None:
        self.place = place
        self.values = values
        self._arm = arm
        self._log = log
        self._pace = pace
        self._gave_roles = False
        self._ours: set[str] = set()

    def change(self, manifest: Manifest) -> Change:
        """What apply() would do with it; raises ApplyFailed."""
        return self._compared(manifest)[0]

    def locks_out(self, manifest: Manifest) -> bool:
        """Would it refuse the keys with which the app that runs now connects? Raises ApplyFailed."""
        if manifest.kind not in _ACCOUNTS:
            return False
        details = self.change(manifest).details
        return any(each.startswith(_REFUSING_KEYS) for each in details)

    def apply(
        self, manifest: Manifest, *, mark: Mapping[str, str] | None = None
    ) -> tuple[Change, dict[str, Any] | None]:
        """What was done, and what was there before; raises ApplyFailed.

        A site that starts anew gets the tags `mark`.
        """
        change, was = self._compared(manifest, wait=True)
        if change.action == "none":
            said = "as it should be" if self._is_ours(manifest, was) else "it was there before and is used as it is"
            self._log(f"{manifest.address}: {said}{_unseen(manifest)}")
            return change, was
        details = f": {'; '.join(change.details)}" if change.details else ""
        self._log(f"{manifest.address}: {change.action}{details}")
        body = self._values(manifest)
        if mark and was is not None and restarts(body, was):
            body["tags"] = {**body.get("tags", {}), **mark}
        self.put(manifest, body, was)
        self._gave_roles |= manifest.kind == ROLE
        return change, was

    def put(self, manifest: Manifest, body: Mapping[str, Any], was: Mapping[str, Any] | None = None) -> None:
        """Send the body, with the tags that others gave to what `was`, and wait for its end; raises ApplyFailed."""
        sent = {key: value for key, value in body.items() if key not in _URL_ONLY}
        if "tags" in sent and was is not None:
            sent["tags"] = {**(was.get("tags") or {}), **sent["tags"]}
        if was is None or manifest.kind != CONTAINER_GROUP or not self._makes_way(manifest, body):
            self._send(manifest, sent)
            return
        try:
            self._send(manifest, sent)
        except ApplyFailed as failure:
            raise ApplyFailed(f"{failure} {self._made_again(manifest, earlier(sent, was))}") from None

    def _send(self, manifest: Manifest, sent: Mapping[str, Any]) -> None:
        path, version = self.place.path_of(manifest), manifest.body["apiVersion"]
        deadline, wait = time.monotonic() + self._pace.directory, min(_FIRST_WAIT, self._pace.poll)
        while True:
            try:
                self._arm.put(path, version, sent)
            except Refused as refusal:
                if self._is_enough(manifest, path, refusal):
                    return
                if not self._passes(manifest, refusal) or time.monotonic() >= deadline:
                    raise self._failed(refusal, manifest) from None
                self._log(f"{manifest.address}: {refusal.code}; again in {wait:.0f} s")
                time.sleep(wait)
                wait = min(wait * 2, 30.0)
            else:
                return

    def _makes_way(self, manifest: Manifest, body: Mapping[str, Any]) -> bool:
        """Azure changes neither the size nor the kind of address of a group, nor one that has ended: is it gone now?"""
        path, version = self.place.path_of(manifest), manifest.body["apiVersion"]
        try:
            now = self._arm.get(path, version) or {"properties": {}}
            has_ended = (now["properties"].get("instanceView") or {}).get("state") in _ENDED
            if not has_ended and not is_made_anew(differences(body, now)):
                return False
            self._log(f"{manifest.address}: {ANEW}")
            return self._arm.delete(path, version)
        except Refused as refusal:
            raise self._failed(refusal, manifest) from None

    def _made_again(self, manifest: Manifest, before: Mapping[str, Any]) -> str:
        try:
            self._arm.put(self.place.path_of(manifest), manifest.body["apiVersion"], before)
        except Refused as refusal:
            return f"What ran before could not be made again ({refusal.code}): apply it."
        return "What ran before is made again."

    def _is_enough(self, manifest: Manifest, path: str, refusal: Refused) -> bool:
        """A role that somebody gave is as good as one of ours; one of an identity that is gone makes way for it."""
        if manifest.kind != ROLE:
            return False
        if refusal.code == "RoleAssignmentUpdateNotPermitted":
            self._arm.delete(path, manifest.body["apiVersion"])
            self._log(f"{manifest.address}: it was given to an identity that is gone; given again")
            return False
        return refusal.code == "RoleAssignmentExists"

    def _passes(self, manifest: Manifest, refusal: Refused) -> bool:
        """Is it one that goes away by waiting? New identities and their roles take a while to be known everywhere."""
        waiting = {"PrincipalNotFound", "RoleAssignmentUpdateNotPermitted"} | BUSY
        may_not_pull = refusal.code == "InaccessibleImage" or "unauthorized" in refusal.said.lower()
        may_not_deliver = manifest.kind == EVENT_SUBSCRIPTION and refusal.status in (400, 403)
        return refusal.code in waiting or (self._gave_roles and (may_not_pull or may_not_deliver))

    def _compared(self, manifest: Manifest, *, wait: bool = False) -> tuple[Change, dict[str, Any] | None]:
        try:
            body = self._values(manifest)
            was = current(self._arm, self.place, manifest, body)
            if was is not None and wait and is_working(was):
                self._log(f"{manifest.address}: somebody works on it; waiting")
                path, version = self.place.path_of(manifest), manifest.body["apiVersion"]
                settled(self._arm, path, version, pause=self._pace.poll, limit=self._pace.operation)
                was = current(self._arm, self.place, manifest, body)
        except Refused as refusal:
            raise self._failed(refusal, manifest) from None
        if was is None:
            self._ours.add(manifest.address)
            return Change(action="create", address=manifest.address, details=_role(manifest)), None
        if manifest.kind == GROUP:
            # A group that was there before stays whose it is: its region and its tags are not ours to change.
            return Change(action="none", address=manifest.address), was
        if not self._is_ours(manifest, was):
            self._check_not_the_app(manifest, was)
            return Change(action="none", address=manifest.address), was
        self._ours.add(manifest.address)
        details = differences(body, was)
        if state_of(was) in BROKEN:
            details = (*details, f"provisioningState: {state_of(was)}")
        if manifest.kind == CONTAINER_GROUP and is_made_anew(details):
            details = (*details, ANEW)
        return Change(action="update" if details else "none", address=manifest.address, details=details), was

    def _is_ours(self, manifest: Manifest, was: Mapping[str, Any] | None) -> bool:
        """Did this deployment make it? Parts of an account have no tags: they are whose the account is."""
        if manifest.kind in (GROUP, ROLE):
            return True
        if manifest.kind == EVENT_SUBSCRIPTION:
            # The topic may be of somebody else, as an account has no second one.
            labels = ((was or {}).get("properties") or {}).get("labels") or ()
            return set(manifest.body["properties"]["labels"]) <= set(labels)
        if manifest.kind.count("/") > 1:
            return _outermost(manifest) in self._ours
        mine = (manifest.body.get("tags") or {}).get(DEPLOYMENT_TAG)
        return mine is None or ((was or {}).get("tags") or {}).get(DEPLOYMENT_TAG) == mine

    def _check_not_the_app(self, manifest: Manifest, was: Mapping[str, Any]) -> None:
        """Everything else can be used without changing it."""
        if manifest.kind not in _APPS:
            return
        other = (was.get("tags") or {}).get(DEPLOYMENT_TAG)
        whose = f"deployment {other!r} made it" if other else f"it has no tag {DEPLOYMENT_TAG!r}"
        raise ApplyFailed(
            f"{manifest.address} is in the group {self.place.group!r} already, and this deployment did not make it: "
            f"{whose}. Choose another name or another group; or, if it is to be taken over, give it the tag "
            f"{DEPLOYMENT_TAG}={manifest.body['tags'][DEPLOYMENT_TAG]}."
        )

    def _values(self, manifest: Manifest) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self.values.of(manifest.body)
        except Refused as refusal:
            raise self._failed(refusal, manifest) from None
        return found

    def _failed(self, refusal: Refused, manifest: Manifest) -> ApplyFailed:
        # Azure may repeat what was sent, so its words go through `scrubbed` and its answer is not chained.
        said = Refused(refusal.status, refusal.code, self.values.scrubbed(refusal.said))
        return failed(said, manifest.address, group=self.place.group)


def _role(manifest: Manifest) -> tuple[str, ...]:
    """The names of roles say nothing."""
    if manifest.kind != ROLE:
        return ()
    return (f"{manifest.body['properties']['roleDefinitionId'].name} on {manifest.body['scope'].address}",)


def _outermost(manifest: Manifest) -> str:
    """The address of the account or namespace that it is a part of."""
    return "/".join([*manifest.kind.split("/")[:2], manifest.name.partition("/")[0]])


def _unseen(manifest: Manifest) -> str:
    if manifest.kind == CONTAINER_GROUP and holds_secret(manifest.body):
        return "; its secrets cannot be read back, so change a tag too when you change one of them"
    return ""


def ordered(manifests: Sequence[Manifest]) -> list[Manifest]:
    """In the given order, but each after those it needs; raises InvalidDeployment when they need each other."""
    waiting = list(manifests)
    done: list[Manifest] = []
    inside = {each.address for each in manifests}
    while waiting:
        ready = {each.address for each in done}
        found = next((each for each in waiting if not (set(each.after) & inside) - ready), None)
        if found is None:
            raise InvalidDeployment(f"{waiting[0].address} waits for itself: {', '.join(waiting[0].after)}.")
        waiting.remove(found)
        done.append(found)
    return done


def tagged(arm: ArmClient, place: ArmPlace, deployment: str) -> list[dict[str, Any]]:
    """The resources in the group that the deployment made, as far as lists show them."""
    quoted = deployment.replace("'", "''")
    query = {"$filter": f"tagName eq '{DEPLOYMENT_TAG}' and tagValue eq '{quoted}'"}
    return list(arm.list(f"{place.group_path}/resources", api_version(GROUP), query))
