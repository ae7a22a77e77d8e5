"""An API server for kubectl: keeps objects, plays the Deployments' controller, and hands out pods and their logs."""

import copy
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

# Plural, kind and whether it is in a namespace; by group and version.
KINDS: dict[str, list[tuple[str, str, bool]]] = {
    "v1": [
        ("namespaces", "Namespace", False), ("secrets", "Secret", True), ("services", "Service", True),
        ("serviceaccounts", "ServiceAccount", True), ("pods", "Pod", True), ("events", "Event", True),
    ],
    "apps/v1": [
        ("deployments", "Deployment", True), ("replicasets", "ReplicaSet", True),
        ("statefulsets", "StatefulSet", True), ("daemonsets", "DaemonSet", True),
    ],
    "batch/v1": [("cronjobs", "CronJob", True)],
    "networking.k8s.io/v1": [("ingresses", "Ingress", True), ("networkpolicies", "NetworkPolicy", True)],
    "policy/v1": [("poddisruptionbudgets", "PodDisruptionBudget", True)],
    "autoscaling/v2": [("horizontalpodautoscalers", "HorizontalPodAutoscaler", True)],
    "keda.sh/v1alpha1": [
        ("scaledobjects", "ScaledObject", True), ("triggerauthentications", "TriggerAuthentication", True),
    ],
}  # fmt: skip
_PATH = re.compile(
    r"/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+/[^/]+))(?:/namespaces/(?P<ns>[^/]+))?/(?P<rest>[a-z]+.*)"
)
Key = tuple[str, str, str]


@dataclass
class Cluster:
    """What is in it, and how it is meant to misbehave."""

    objects: dict[Key, dict[str, Any]] = field(default_factory=dict)
    """(plural, namespace, name) -> the object."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    """Groups that are not installed: `keda.sh/v1alpha1`."""
    forbidden: set[str] = field(default_factory=set)
    """Plurals that nobody may write."""
    broken: set[str] = field(default_factory=set)
    """Images of which no container gets ready."""
    log: str = "Listening on port 8080\n"
    revision: int = 0

    def put(self, plural: str, namespace: str, body: dict[str, Any]) -> dict[str, Any]:
        """Keep it, as a cluster completes it."""
        key = (plural, namespace, body["metadata"]["name"])
        known = self.objects.get(key)
        self.revision += 1
        meta = body["metadata"]
        changed = known is None or known.get("spec") != body.get("spec")
        generation = (known or {}).get("metadata", {}).get("generation", 0) + int(changed)
        meta.update({"uid": f"u-{plural}-{meta['name']}", "resourceVersion": str(self.revision)})
        meta.update({"creationTimestamp": "2026-01-01T00:00:00Z", "generation": generation})
        if namespace:
            meta["namespace"] = namespace
        if plural == "deployments":
            body["spec"].setdefault("replicas", (known or {}).get("spec", {}).get("replicas", 1))
            self._roll(body, namespace)
        self.objects[key] = body
        return body

    def _roll(self, body: dict[str, Any], namespace: str) -> None:
        """The controller: at once, unless the image is a broken one."""
        image = body["spec"]["template"]["spec"]["containers"][0]["image"]
        wanted, ready = body["spec"]["replicas"], image not in self.broken
        body["status"] = {
            "observedGeneration": body["metadata"]["generation"],
            "replicas": wanted, "updatedReplicas": wanted, "availableReplicas": wanted if ready else 0,
        }  # fmt: skip
        state = {"restartCount": 0, "state": {"running": {}}}
        if not ready:
            state = {"restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
        name = f"{body['metadata']['name']}-{self.revision}"
        labels = body["spec"]["template"]["metadata"]["labels"]
        for key in [key for key in self.objects if key[0] == "pods" and key[1] == namespace]:
            del self.objects[key]
        self.objects["pods", namespace, name] = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name, "namespace": namespace, "labels": labels, "creationTimestamp": "2026-01-01T00:00:00Z",
            },
            "spec": {"containers": [{"name": "app", "image": image}]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "app", **state}]},
        }  # fmt: skip


@contextmanager
def fake_cluster(folder: Path) -> Iterator[tuple[Cluster, Path]]:
    """A cluster, and the file for KUBECONFIG that leads there (context `fake`)."""
    cluster = Cluster()
    cluster.objects["namespaces", "", "default"] = {
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}
    }  # fmt: skip
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"cluster": cluster})) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        config = folder / "kubeconfig"
        place = {"server": f"http://127.0.0.1:{server.server_address[1]}"}
        config.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1", "kind": "Config", "current-context": "fake",
                    "clusters": [{"name": "fake", "cluster": place}],
                    "users": [{"name": "fake", "user": {}}],
                    "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
                }
            )
        )  # fmt: skip
        try:
            yield cluster, config
        finally:
            server.shutdown()
            thread.join()


class _Refused(Exception):
    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code, self.reason = code, reason


class _Handler(BaseHTTPRequestHandler):
    cluster: Cluster
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names of the base class

    def _answer(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        self.cluster.calls.append((self.command, url.path))
        try:
            found, code = self._found(url.path, parse_qs(url.query), yaml.safe_load(sent) if sent else {}), 200
        except _Refused as refusal:
            code = refusal.code
            found = {
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": refusal.reason,
                "message": str(refusal),
            }  # fmt: skip
        text = found if isinstance(found, str) else json.dumps(found)
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if isinstance(found, str) else "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def _found(self, path: str, query: dict[str, list[str]], body: Any) -> Any:
        if (about := self._discovery(path)) is not None:
            return about
        match = _PATH.fullmatch(path)
        if match is None:
            raise _Refused(404, "NotFound", "the server could not find the requested resource")
        version, namespace = match["core"] or match["group"], match["ns"] or ""
        plural, _, name = match["rest"].partition("/")
        name, _, below = name.partition("/")
        known = {kind[0]: kind for kind in KINDS.get(version, [])}
        if plural not in known or version in self.cluster.missing:
            raise _Refused(404, "NotFound", "the server could not find the requested resource")
        if plural == "pods" and below == "log":
            return self.cluster.log
        if self.command != "GET":
            self._allow(plural, namespace)
        if not name and self.command == "GET":
            return self._list(version, known[plural], namespace, query)
        return self._one(plural, namespace, name or body["metadata"]["name"], body)

    def _one(self, plural: str, namespace: str, name: str, body: Any) -> dict[str, Any]:
        key = (plural, namespace, name)
        known = self.cluster.objects.get(key)
        if self.command == "PATCH":
            return self.cluster.put(plural, namespace, _merged(copy.deepcopy(known or {}), body))
        if self.command == "POST":
            return self.cluster.put(plural, namespace, body)
        if known is None:
            raise _Refused(404, "NotFound", f'{plural} "{name}" not found')
        if self.command == "PUT":
            return self.cluster.put(plural, namespace, body)
        if self.command == "DELETE":
            del self.cluster.objects[key]
            return {"kind": "Status", "apiVersion": "v1", "status": "Success"}
        return known

    def _allow(self, plural: str, namespace: str) -> None:
        if plural in self.cluster.forbidden:
            said = f'{plural} is forbidden: User "me" cannot patch resource "{plural}" in the namespace "{namespace}"'
            raise _Refused(403, "Forbidden", said)
        if namespace and ("namespaces", "", namespace) not in self.cluster.objects:
            raise _Refused(404, "NotFound", f'namespaces "{namespace}" not found')

    def _list(
        self, version: str, kind: tuple[str, str, bool], namespace: str, query: dict[str, list[str]]
    ) -> dict[str, Any]:
        wanted = dict(pair.split("=") for pair in query.get("labelSelector", [""])[0].split(",") if pair)
        items = [
            each
            for (plural, where, _), each in self.cluster.objects.items()
            if plural == kind[0]
            and where == (namespace if kind[2] else "")
            and wanted.items() <= each["metadata"].get("labels", {}).items()
        ]
        return {"apiVersion": version, "kind": f"{kind[1]}List", "metadata": {"resourceVersion": "1"}, "items": items}

    def _discovery(self, path: str) -> Any:
        there = [version for version in KINDS if version not in self.cluster.missing]
        groups = [version for version in there if "/" in version]
        match path:
            case "/version":
                return {"major": "1", "minor": "33", "gitVersion": "v1.33.0"}
            case "/api":
                return {"kind": "APIVersions", "versions": ["v1"]}
            case "/apis":
                return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(each) for each in groups]}
        version = path.removeprefix("/apis/").removeprefix("/api/")
        return _resources(version) if version in there else None


def _group(version: str) -> dict[str, Any]:
    one = {"groupVersion": version, "version": version.partition("/")[2]}
    return {"name": version.partition("/")[0], "versions": [one], "preferredVersion": one}


def _resources(version: str) -> dict[str, Any]:
    verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
    found = [
        {"name": plural, "singularName": kind.lower(), "namespaced": namespaced, "kind": kind, "verbs": verbs}
        for plural, kind, namespaced in KINDS[version]
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": found}


def _merged(known: Any, said: Any) -> Any:
    """What a patch makes of it: objects are merged, all else is replaced."""
    if not isinstance(known, dict) or not isinstance(said, dict):
        return said
    return {**known, **{key: _merged(known.get(key), value) for key, value in said.items()}}
