"""New pods of a Deployment: wait until they answer, or until there is no hope that they ever do."""

import time
from collections.abc import Mapping
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
_HOPELESS = frozenset({"ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError"})
"""Not ErrImagePull: a registry that stumbles once is asked again."""
_CRASHES = 3


class Rollout:
    """One change of one Deployment."""

    def __init__(self, kubectl: Kubectl, name: str, *, pause: float) -> None:
        self._kubectl, self._name, self._pause = kubectl, name, pause
        self.answered = True
        """Was there a pod that answered at every look?"""

    def wait(self, limit: float) -> str:
        """Empty once every pod is a new one that answers; why not, when there is no hope or no step for `limit` s."""
        deadline, best, last = time.monotonic() + limit, (0, 0), ""
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
                deadline, best = time.monotonic() + limit, furthest
            if time.monotonic() >= deadline:
                return f"it was not ready within {limit:.0f} s"
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
        for each in (pod or {}).get("status", {}).get("containerStatuses", ()):
            waiting = each.get("state", {}).get("waiting", {})
            if waiting.get("reason") in _HOPELESS:
                return f"{waiting['reason']}: {waiting.get('message', 'no more is known')}"
            if each.get("restartCount", 0) >= _CRASHES:
                return f"its container ended {each['restartCount']} times"
        return ""

    def _newest(self, deployment: Mapping[str, Any]) -> dict[str, Any] | None:
        """Of the pods that the Deployment wants now: those before them may crash as they like."""
        if not _is_seen(deployment):
            return None
        found = self._kubectl.labelled([_SET, "v1/Pod"], {NAME: self._name, MANAGED: MANAGER})
        sets = [each for each in found if each["kind"] == "ReplicaSet" and _revision(each) == _revision(deployment)]
        wanted = {each["metadata"]["labels"].get(_HASH) for each in sets}
        pods = [each for each in found if each["kind"] == "Pod" and each["metadata"]["labels"].get(_HASH) in wanted]
        return max(pods, key=lambda each: str(each["metadata"].get("creationTimestamp", "")), default=None)


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
