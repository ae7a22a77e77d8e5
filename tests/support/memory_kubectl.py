"""A kubectl without a cluster: keeps objects in memory, and rolls its Deployments a step at each look."""

import copy
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.errors import ApplyFailed, NotPermitted
from infra.targets.kubernetes_names import MANAGER
from tests.support.rolling import Rolling
from tests.support.server_side_apply import FieldManagers

_ROLLED = ("apps/v1/ReplicaSet", "v1/Pod")


class MemoryKubectl:
    """What infra.platforms.kubectl.Kubectl promises, of one namespace."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        """(kind, name) -> the object."""
        self.done: list[str] = []
        """The writing calls, in their order; those of our own memory are not told."""
        self.rolling = Rolling()
        self.unreadable: set[str] = set()
        """Kinds that nobody may read one by one."""
        self.forbidden: set[str] = set()
        """Addresses that nobody may write."""
        self.log: list[str] = ["Listening"]
        self.log_error: Exception | None = None
        self._writes = 0
        self._managers: dict[tuple[str, str], FieldManagers] = defaultdict(FieldManagers)

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        if kind in self.unreadable:
            raise NotPermitted(f"{kind}/{name}: the cluster forbids it.")
        found = self.objects.get((kind, name))
        if kind == "apps/v1/Deployment" and found and "generation" in found["metadata"]:
            self.look(found)
        return copy.deepcopy(found)

    def look(self, deployment: dict[str, Any]) -> None:
        """What the controller does meanwhile."""
        self._forget_pods()
        for each in self.rolling.look(deployment):
            self.objects[_key(each)] = each

    def existing(self, bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [copy.deepcopy(self.objects[_key(each)]) for each in bodies if _key(each) in self.objects]

    def labelled(self, kinds: Sequence[str], labels: Mapping[str, str]) -> list[dict[str, Any]]:
        return [
            copy.deepcopy(each)
            for (kind, _), each in self.objects.items()
            if kind in kinds and labels.items() <= each["metadata"].get("labels", {}).items()
        ]

    def apply(self, body: Mapping[str, Any], about: str, *, manager: str = MANAGER) -> None:
        if about in self.forbidden:
            raise NotPermitted(f"{about}: the cluster forbids it.")
        if manager == MANAGER:
            self.done.append(f"apply {about}")
        known = self.objects.get(_key(body), {})
        seen = body["metadata"].get("resourceVersion")
        if seen and seen != known.get("metadata", {}).get("resourceVersion"):
            raise ApplyFailed(f"{about}: the object has been modified")
        found = self._managers[_key(body)].apply(known, manager, copy.deepcopy(dict(body)))
        if body["kind"] == "Deployment":
            found["spec"].setdefault("replicas", 1)
            changed = known.get("spec") != found["spec"]
            found["metadata"]["generation"] = known.get("metadata", {}).get("generation", 0) + int(changed)
        self._keep(found)

    def create(self, body: Mapping[str, Any], about: str) -> bool:
        if _key(body) in self.objects:
            return False
        self.done.append(f"create {about}")
        self._keep(copy.deepcopy(dict(body)))
        return True

    def _keep(self, found: dict[str, Any]) -> None:
        self._writes += 1
        found["metadata"] = {"uid": f"u-{self._writes}", **found["metadata"], "resourceVersion": str(self._writes)}
        self.objects[_key(found)] = found

    def drop_data(self, name: str, keys: Sequence[str]) -> None:
        self.done.append(f"drop {', '.join(keys)} of {name}")
        for key in keys:
            self.objects["v1/Secret", name]["data"].pop(key, None)

    def delete(self, kind: str, name: str) -> None:
        self.done.append(f"delete {kind}/{name}")
        self.objects.pop((kind, name), None)
        self._managers.pop((kind, name), None)
        if kind == "apps/v1/Deployment":
            self._forget_pods()

    def lines(self, *arguments: str) -> Iterator[str]:
        self.done.append(" ".join(arguments))
        if self.log_error:
            raise self.log_error
        yield from self.log

    def put(self, kind: str, name: str, **said: Any) -> None:
        """What somebody else made."""
        version, _, last = kind.rpartition("/")
        metadata = {"name": name, **said.pop("metadata", {})}
        self._keep({"apiVersion": version, "kind": last, "metadata": metadata, **said})

    def _forget_pods(self) -> None:
        for key in [key for key in self.objects if key[0] in _ROLLED]:
            del self.objects[key]


def _key(found: Mapping[str, Any]) -> tuple[str, str]:
    return f"{found['apiVersion']}/{found['kind']}", found["metadata"]["name"]
