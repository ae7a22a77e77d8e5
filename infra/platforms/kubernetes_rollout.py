"""New pods of a Deployment: wait until they answer, and put the earlier ones back where they never do."""

import time
from collections.abc import Mapping
from typing import Any

from infra.errors import ApplyFailed, PlatformUnavailable
from infra.platforms.kubectl import Kubectl
from infra.targets.kubernetes_names import NAME

_DEPLOYMENT = "apps/v1/Deployment"
SETTLED = ("running", "stopped")
"""Nothing changes any more; where no event waits there may be no pod."""
_LINES = 20
_HOPELESS = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError"})
_CRASHES = 3


class Rollout:
    """One change of one Deployment."""

    def __init__(self, kubectl: Kubectl, name: str, *, pause: float) -> None:
        self._kubectl, self._name, self._pause = kubectl, name, pause

    def wait(self, limit: float) -> str:
        """Empty once every pod is a new one that answers; why not, when there is no hope or no time left."""
        deadline = time.monotonic() + limit
        while True:
            found = self._kubectl.get(_DEPLOYMENT, self._name)
            if found is None:
                return "it was deleted meanwhile"
            if state_of(found) in SETTLED:
                return ""
            if why := self._hopeless():
                return why
            if time.monotonic() >= deadline:
                return f"it was not ready within {limit:.0f} s"
            time.sleep(self._pause)

    def last_lines(self) -> str:
        """Of the newest pod, before its last crash if it had one; empty where nothing can be had."""
        pod = self._newest()
        if pod is None:
            return ""
        arguments = ("logs", pod["metadata"]["name"], f"--tail={_LINES}")
        crashed = any(each.get("restartCount") for each in pod.get("status", {}).get("containerStatuses", ()))
        try:
            return "\n".join(self._kubectl.lines(*arguments, *(["--previous"] if crashed else [])))
        except (ApplyFailed, PlatformUnavailable) as cause:
            return f"(its log cannot be read: {cause})"

    def put_back(self, before: Mapping[str, Any]) -> None:
        """One object as it was."""
        kept = ("name", "namespace", "labels", "annotations")
        metadata = {key: value for key, value in before["metadata"].items() if key in kept}
        body = {**{key: value for key, value in before.items() if key != "status"}, "metadata": metadata}
        self._kubectl.replace(body, f"{before['apiVersion']}/{before['kind']}/{metadata['name']}")

    def _hopeless(self) -> str:
        pod = self._newest()
        for each in (pod or {}).get("status", {}).get("containerStatuses", ()):
            waiting = each.get("state", {}).get("waiting", {})
            if waiting.get("reason") in _HOPELESS:
                return f"{waiting['reason']}: {waiting.get('message', 'no more is known')}"
            if each.get("restartCount", 0) >= _CRASHES:
                return f"its container ended {each['restartCount']} times"
        return ""

    def _newest(self) -> dict[str, Any] | None:
        pods = self._kubectl.labelled(["v1/Pod"], {NAME: self._name})
        return max(pods, key=lambda each: str(each["metadata"].get("creationTimestamp", "")), default=None)


def state_of(deployment: Mapping[str, Any]) -> str:
    """`running` when all pods are new ones that answer; `stopped` with none, `failed`, else `deploying`."""
    said, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    seen = said.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    numbers = [said.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")]
    if seen and numbers == [wanted] * 3:
        return "running" if wanted else "stopped"
    conditions = {each["type"]: each for each in said.get("conditions", ())}
    gave_up = conditions.get("Progressing", {}).get("reason") == "ProgressDeadlineExceeded"
    return "failed" if seen and gave_up else "deploying"
