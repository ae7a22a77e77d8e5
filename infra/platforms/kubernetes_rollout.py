"""New pods of a Deployment: wait until they answer, or until there is no hope that they ever do."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from infra.errors import ApplyFailed, PlatformUnavailable
from infra.platforms.kubectl import Kubectl
from infra.targets.kubernetes_names import MANAGED, MANAGER, NAME

DEPLOYMENT = "apps/v1/Deployment"
SETTLED = ("running", "stopped")
"""Nothing changes any more; where no event waits there may be no pod."""
_SET = "apps/v1/ReplicaSet"
_REVISION, _HASH = "deployment.kubernetes.io/revision", "pod-template-hash"
_LINES = 20
_HOPELESS = "InvalidImageName"
_STUCK = frozenset({"ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError"})
"""What may pass: a registry stumbles, a Secret takes a moment to reach a node."""
_CRASHES = 3
_LOOKS = 30
"""So many in a row are no stumble."""
_AFTER_THE_CLUSTER = 15
"""Looks beyond the time: the cluster, which knows more, counts it from later on."""


class Rollout:
    """One change of one Deployment."""

    def __init__(self, kubectl: Kubectl, name: str, *, pause: float) -> None:
        self._kubectl, self._name, self._pause = kubectl, name, pause
        self._stuck = 0
        self.answered = True
        """Was there a pod that answered at every look?"""

    def wait(self, limit: float) -> str:
        """Empty once every pod is a new one that answers; why not, when there is no hope or no step for `limit` s."""
        whole = limit + _AFTER_THE_CLUSTER * self._pause
        deadline, best, last = time.monotonic() + whole, (0, 0), ""
        while True:
            found = self._kubectl.get(DEPLOYMENT, self._name)
            if found is None:
                return "it was deleted meanwhile"
            state, numbers = state_of(found), _numbers(found)
            if state in SETTLED:
                return ""
            self.answered = self.answered and numbers[1] > 0
            if state == last == "failed":
                # Twice: of the pods before these it may have been said, too.
                return f"the cluster gave it up: {_reason(found)}"
            if why := self._hopeless(found):
                return why
            last, furthest = state, (max(best[0], numbers[0]), max(best[1], numbers[1]))
            if furthest != best:
                deadline, best = time.monotonic() + whole, furthest
            if time.monotonic() >= deadline:
                said = self._held_up(found)
                return f"it was not ready within {limit:.0f} s{f': {said}' if said else ''}"
            time.sleep(self._pause)

    def last_lines(self) -> str:
        """Of the newest of the new pods, before its last crash if it had one; empty where nothing can be had."""
        found = self._kubectl.get(DEPLOYMENT, self._name)
        pod = self._newest(found) if found else None
        if pod is None:
            return ""
        arguments = ("logs", pod["metadata"]["name"], f"--tail={_LINES}")
        crashed = any(each.get("restartCount") for each in pod.get("status", {}).get("containerStatuses", ()))
        try:
            return "\n".join(self._kubectl.lines(*arguments, *(["--previous"] if crashed else [])))
        except (ApplyFailed, PlatformUnavailable) as cause:
            return f"(its log cannot be read: {cause})"

    def _hopeless(self, deployment: Mapping[str, Any]) -> str:
        pod = self._newest(deployment)
        waiting = _waiting(pod)
        self._stuck = self._stuck + 1 if waiting.get("reason") in _STUCK else 0
        if waiting.get("reason") == _HOPELESS or self._stuck >= _LOOKS:
            return _told(waiting)
        crashes = max((each.get("restartCount", 0) for each in _containers(pod)), default=0)
        return f"its container ended {crashes} times" if crashes >= _CRASHES else ""

    def _held_up(self, deployment: Mapping[str, Any]) -> str:
        """What is known of why there is no pod, or why it does not start; empty where nothing is."""
        refused = _condition(deployment, "ReplicaFailure").get("message", "")
        pod = self._newest(deployment)
        placed = _condition(pod or {}, "PodScheduled")
        unplaced = placed.get("message", "") if placed.get("status") == "False" else ""
        waiting = _waiting(pod)
        return str(refused or unplaced or (_told(waiting) if waiting.get("reason") in _STUCK else ""))

    def _newest(self, deployment: Mapping[str, Any]) -> dict[str, Any] | None:
        """Of the pods that the Deployment wants now: those before them may crash as they like."""
        if not _is_seen(deployment):
            return None
        found = self._kubectl.labelled([_SET, "v1/Pod"], {NAME: self._name, MANAGED: MANAGER})
        sets = [each for each in found if each["kind"] == "ReplicaSet" and _revision(each) == _revision(deployment)]
        wanted = {each["metadata"]["labels"].get(_HASH) for each in sets}
        pods = [each for each in found if each["kind"] == "Pod" and each["metadata"]["labels"].get(_HASH) in wanted]
        return max(pods, key=lambda each: str(each["metadata"].get("creationTimestamp", "")), default=None)


def _containers(pod: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    return list((pod or {}).get("status", {}).get("containerStatuses", ()))


def _waiting(pod: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Why a container of it does not run, as the cluster says it; empty when all do."""
    found = (each.get("state", {}).get("waiting") for each in _containers(pod))
    return next((each for each in found if each), {})


def _told(waiting: Mapping[str, Any]) -> str:
    return f"{waiting['reason']}: {waiting.get('message', 'no more is known')}"


def state_of(deployment: Mapping[str, Any]) -> str:
    """`running` when all pods are new ones that answer; `stopped` with none, `failed`, else `deploying`."""
    said, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    if not _is_seen(deployment):
        return "deploying"
    if (said.get("replicas", 0), *_numbers(deployment)) == (wanted,) * 3:
        return "running" if wanted else "stopped"
    return (
        "failed" if _condition(deployment, "Progressing").get("reason") == "ProgressDeadlineExceeded" else "deploying"
    )


def _is_seen(deployment: Mapping[str, Any]) -> bool:
    """Is what the cluster says of the pods about those that are wanted now?"""
    seen = deployment.get("status", {}).get("observedGeneration", 0)
    return bool(seen >= deployment["metadata"].get("generation", 0))


def _numbers(deployment: Mapping[str, Any]) -> tuple[int, int]:
    said = deployment.get("status", {})
    return said.get("updatedReplicas", 0), said.get("availableReplicas", 0)


def _reason(deployment: Mapping[str, Any]) -> str:
    """A quota or a webhook that refuses the pods says more than the patience that ended."""
    conditions = (_condition(deployment, kind) for kind in ("ReplicaFailure", "Progressing"))
    return next((each["message"] for each in conditions if each.get("message")), "no more is known")


def _condition(deployment: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    known = deployment.get("status", {}).get("conditions", ())
    return next((each for each in known if each["type"] == kind), {})


def _revision(found: Mapping[str, Any]) -> str | None:
    return (found["metadata"].get("annotations") or {}).get(_REVISION)
