"""The Deployments' controller, a step at each look: ReplicaSets with revisions, pods one by one."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

_REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"


@dataclass
class _Pod:
    name: str
    created: str
    ready: bool = False
    restarts: int = 0


@dataclass
class _Set:
    code: str
    template: dict[str, Any]
    revision: int = 0
    pods: list[_Pod] = field(default_factory=list)


@dataclass
class Rolling:
    """How the pods of all Deployments are meant to behave."""

    broken: set[str] = field(default_factory=set)
    """Images whose containers end at once."""
    waiting: dict[str, str] = field(default_factory=dict)
    """Image -> the reason for which its containers never start."""
    given_up: set[str] = field(default_factory=set)
    """Images that the cluster gives up itself."""
    _sets: dict[str, dict[str, _Set]] = field(default_factory=dict)
    _count: int = 0

    def look(self, deployment: dict[str, Any]) -> list[dict[str, Any]]:
        """One step on: writes the Deployment's status and revision; all ReplicaSets and pods as they are then."""
        name, spec = deployment["metadata"]["name"], deployment["spec"]
        sets = self._sets.setdefault(name, {})
        template = spec["template"]
        code = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:8]
        new = sets.setdefault(code, _Set(code, template))
        newest = max(each.revision for each in sets.values())
        if new.revision == 0 or new.revision < newest:
            new.revision = newest + 1
        elif self._is_seen(deployment):
            self._step(name, new, [each for each in sets.values() if each is not new], spec["replicas"])
        metadata = deployment["metadata"]
        metadata["annotations"] = {**(metadata.get("annotations") or {}), _REVISION: str(new.revision)}
        self._tell(deployment, new, list(sets.values()))
        return [found for each in sets.values() for found in self._objects(name, each)]

    def _is_seen(self, deployment: dict[str, Any]) -> bool:
        seen = deployment.get("status", {}).get("observedGeneration", 0)
        return bool(seen >= deployment["metadata"]["generation"])

    def _step(self, name: str, new: _Set, old: list[_Set], wanted: int) -> None:
        for pod in new.pods:
            if self._ails(new.template):
                pod.restarts += 2 * (_image(new.template) in self.broken)
            else:
                pod.ready = True
        if len(new.pods) < wanted and all(pod.ready for pod in new.pods):
            self._count += 1
            created = f"2026-01-01T00:{self._count // 60:02}:{self._count % 60:02}Z"
            new.pods.append(_Pod(f"{name}-{new.code}-{self._count}", created))
        del new.pods[wanted:]
        for each in old:
            # Those that never answered go first; the others as soon as there are enough without them.
            each.pods = [pod for pod in each.pods if pod.ready and wanted]
        ready = sum(pod.ready for each in (new, *old) for pod in each.pods)
        for each in old:
            while each.pods and ready > wanted:
                each.pods.pop()
                ready -= 1

    def _ails(self, template: dict[str, Any]) -> bool:
        image = _image(template)
        return image in self.broken or image in self.waiting or image in self.given_up

    def _tell(self, deployment: dict[str, Any], new: _Set, sets: list[_Set]) -> None:
        pods = [pod for each in sets for pod in each.pods]
        deployment["status"] = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": len(pods),
            "updatedReplicas": len(new.pods),
            "availableReplicas": sum(pod.ready for pod in pods),
        }
        if _image(new.template) in self.given_up and new.pods:
            said = {"reason": "ProgressDeadlineExceeded", "message": "it has timed out progressing."}
            deployment["status"]["conditions"] = [{"type": "Progressing", **said}]

    def _objects(self, name: str, found: _Set) -> list[dict[str, Any]]:
        labels = {**found.template["metadata"]["labels"], _HASH: found.code}
        metadata = {"name": f"{name}-{found.code}", "labels": labels, "annotations": {_REVISION: str(found.revision)}}
        owner = [{"kind": "Deployment", "name": name}]
        made = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {**metadata, "ownerReferences": owner}}
        return [made, *(self._pod(pod, found.template, labels) for pod in found.pods)]

    def _pod(self, pod: _Pod, template: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
        state: dict[str, Any] = {"running": {}}
        if reason := self.waiting.get(_image(template), "CrashLoopBackOff" if pod.restarts else ""):
            state = {"waiting": {"reason": reason}}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": pod.name, "labels": labels, "creationTimestamp": pod.created},
            "spec": {"containers": [{"name": "app", "image": _image(template)}]},
            "status": {
                "phase": "Running",
                "containerStatuses": [{"name": "app", "restartCount": pod.restarts, "state": state}],
            },
        }


def _image(template: dict[str, Any]) -> str:
    return str(template["spec"]["containers"][0]["image"])
