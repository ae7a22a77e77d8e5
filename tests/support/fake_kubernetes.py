"""An API server for kubectl: keeps objects, rolls Deployments a step at each look, hands out pods and their logs."""

import copy
import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.support.rolling import Rolling
from tests.support.server_side_apply import FieldManagers

# Plural, kind and whether it is in a namespace; by group and version.
KINDS: dict[str, list[tuple[str, str, bool]]] = {
    "v1": [
        ("namespaces", "Namespace", False), ("secrets", "Secret", True), ("services", "Service", True),
        ("serviceaccounts", "ServiceAccount", True), ("pods", "Pod", True), ("events", "Event", True),
        ("configmaps", "ConfigMap", True), ("persistentvolumeclaims", "PersistentVolumeClaim", True),
    ],
    "apps/v1": [
        ("deployments", "Deployment", True), ("replicasets", "ReplicaSet", True),
        ("statefulsets", "StatefulSet", True), ("daemonsets", "DaemonSet", True),
    ],
    "batch/v1": [("cronjobs", "CronJob", True), ("jobs", "Job", True)],
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
    rolling: Rolling = field(default_factory=Rolling)
    managers: dict[Key, FieldManagers] = field(default_factory=lambda: defaultdict(FieldManagers))
    log: str = "Listening on port 8080\n"
    revision: int = 0

    def put(self, plural: str, namespace: str, body: dict[str, Any]) -> dict[str, Any]:
        """Keep it, as a cluster completes it."""
        key = (plural, namespace, body["metadata"]["name"])
        known = self.objects.get(key)
        self.revision += 1
        meta = body["metadata"]
        if plural == "deployments":
            body["spec"].setdefault("replicas", 1)
        changed = known is None or known.get("spec") != body.get("spec")
        generation = (known or {}).get("metadata", {}).get("generation", 0) + int(changed)
        meta.update({"uid": f"u-{plural}-{meta['name']}", "resourceVersion": str(self.revision)})
        meta.update({"creationTimestamp": "2026-01-01T00:00:00Z", "generation": generation})
        if namespace:
            meta["namespace"] = namespace
        self.objects[key] = body
        return body

    def look(self, deployment: dict[str, Any]) -> None:
        """What the controller does meanwhile; there is one Deployment in a namespace."""
        namespace = deployment["metadata"]["namespace"]
        self.forget_pods(namespace)
        for each in self.rolling.look(deployment):
            each["metadata"]["namespace"] = namespace
            self.objects[f"{each['kind'].lower()}s", namespace, each["metadata"]["name"]] = each

    def forget_pods(self, namespace: str) -> None:
        for key in [key for key in self.objects if key[0] in ("pods", "replicasets") and key[1] == namespace]:
            del self.objects[key]


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
        key = (plural, namespace, name or body["metadata"]["name"])
        if self.command == "PATCH":
            return self._patched(key, body, query)
        return self._one(key, body)

    def _patched(self, key: Key, body: Any, query: dict[str, list[str]]) -> dict[str, Any]:
        known = copy.deepcopy(self.cluster.objects.get(key, {}))
        self._check_change(key, known, body)
        if "apply-patch" in self.headers["Content-Type"]:
            manager, managers = query["fieldManager"][0], self.cluster.managers[key]
            if query.get("force") != ["true"] and managers.conflict(manager, body):
                raise _Refused(409, "Conflict", "Apply failed with 1 conflict: conflict with another manager")
            found = managers.apply(known, manager, body)
        else:
            found = _merged(known, body)
        return self.cluster.put(key[0], key[1], found)

    def _check_change(self, key: Key, known: dict[str, Any], said: dict[str, Any]) -> None:
        seen = said.get("metadata", {}).get("resourceVersion")
        if seen and seen != known.get("metadata", {}).get("resourceVersion"):
            raise _Refused(409, "Conflict", f'Operation cannot be fulfilled on {key[0]} "{key[2]}": it was modified')
        selector = known.get("spec", {}).get("selector")
        if key[0] == "deployments" and selector and said.get("spec", {}).get("selector", selector) != selector:
            raise _Refused(422, "Invalid", f'Deployment.apps "{key[2]}" is invalid: spec.selector: field is immutable')
        if known.get("metadata", {}).get("deletionTimestamp"):
            raise _Refused(409, "Conflict", f'{key[0]} "{key[2]}" is being deleted')

    def _one(self, key: Key, body: Any) -> dict[str, Any]:
        plural, namespace, name = key
        known = self.cluster.objects.get(key)
        if self.command == "POST":
            if known is not None:
                raise _Refused(409, "AlreadyExists", f'{plural} "{name}" already exists')
            return self.cluster.put(plural, namespace, body)
        if known is None:
            raise _Refused(404, "NotFound", f'{plural} "{name}" not found')
        if self.command == "PUT":
            return self.cluster.put(plural, namespace, body)
        if self.command == "DELETE":
            del self.cluster.objects[key]
            self.cluster.managers.pop(key, None)
            if plural == "deployments":
                self.cluster.forget_pods(namespace)
            return {"kind": "Status", "apiVersion": "v1", "status": "Success"}
        if plural == "deployments":
            self.cluster.look(known)
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
    """What a patch makes of it: objects are merged, nothing takes away, all else is replaced."""
    if not isinstance(known, dict) or not isinstance(said, dict):
        return said
    found = {**known, **{key: _merged(known.get(key), value) for key, value in said.items()}}
    return {key: value for key, value in found.items() if value is not None}
