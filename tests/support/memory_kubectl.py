"""A kubectl without a cluster: keeps objects in memory, and its Deployments are ready as the test wants it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.errors import ApplyFailed, NotPermitted


class MemoryKubectl:
    """What infra.platforms.kubectl.Kubectl promises, of one namespace."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        """(kind, name) -> the object."""
        self.done: list[str] = []
        """The writing calls, in their order."""
        self.broken: set[str] = set()
        """Images whose pods never answer."""
        self.forbidden: set[str] = set()
        """Kinds that nobody may read one by one."""
        self.log: list[str] = ["Listening"]
        self.log_error: Exception | None = None

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        if kind in self.forbidden:
            raise NotPermitted(f"{kind}/{name}: the cluster forbids it.")
        return self.objects.get((kind, name))

    def existing(self, bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        keys = [(f"{each['apiVersion']}/{each['kind']}", each["metadata"]["name"]) for each in bodies]
        return [self.objects[key] for key in keys if key in self.objects]

    def labelled(self, kinds: Sequence[str], labels: Mapping[str, str]) -> list[dict[str, Any]]:
        return [
            each
            for (kind, _), each in self.objects.items()
            if kind in kinds and labels.items() <= each["metadata"].get("labels", {}).items()
        ]

    def apply(self, body: Mapping[str, Any], about: str) -> None:
        self.done.append(f"apply {about}")
        self._keep({**body, "metadata": {**body["metadata"]}})

    def replace(self, body: Mapping[str, Any], about: str) -> None:
        if (f"{body['apiVersion']}/{body['kind']}", body["metadata"]["name"]) not in self.objects:
            raise ApplyFailed(f"{about}: not found")
        self.done.append(f"replace {about}")
        self._keep(dict(body))

    def delete(self, kind: str, name: str) -> None:
        self.done.append(f"delete {kind}/{name}")
        self.objects.pop((kind, name), None)

    def restart(self, name: str) -> None:
        self.done.append(f"restart {name}")

    def lines(self, *arguments: str) -> Iterator[str]:
        self.done.append(" ".join(arguments))
        if self.log_error:
            raise self.log_error
        yield from self.log

    def put(self, kind: str, name: str, **said: Any) -> None:
        """What somebody else made."""
        version, _, last = kind.rpartition("/")
        metadata = {"name": name, **said.pop("metadata", {})}
        self.objects[kind, name] = {"apiVersion": version, "kind": last, "metadata": metadata, **said}

    def _keep(self, body: dict[str, Any]) -> None:
        if body["kind"] == "Deployment":
            self._roll(body)
        self.objects[f"{body['apiVersion']}/{body['kind']}", body["metadata"]["name"]] = body

    def _roll(self, body: dict[str, Any]) -> None:
        pods = body["spec"]["template"]
        ready = pods["spec"]["containers"][0]["image"] not in self.broken
        wanted = body["spec"].get("replicas", 1)
        body["status"] = {"replicas": wanted, "updatedReplicas": wanted, "availableReplicas": wanted if ready else 0}
        state = {"restartCount": 0} if ready else {"restartCount": 4}
        self.put(
            "v1/Pod", "one", metadata={"labels": pods["metadata"]["labels"]}, status={"containerStatuses": [state]}
        )
