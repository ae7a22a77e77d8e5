"""A Kubernetes cluster as a platform: makes a deployment's objects true by the user's kubectl."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from function_host.keys.document import new_value
from infra.config import environment
from infra.contract import Change, Deployment, DeploymentSpec, Log, Manifest, Secret
from infra.errors import ApplyFailed, InvalidDeployment, NeverReady, NotPermitted
from infra.platforms.arm_compare import differences
from infra.platforms.kubectl import Kubectl
from infra.platforms.kubernetes_rollout import SETTLED, Rollout, state_of
from infra.targets.kubernetes_keys import HOST_KEY, NewKey, keys_name
from infra.targets.kubernetes_names import MANAGED, MANAGER, NAME, options_in
from infra.targets.kubernetes_secrets import PULL_TYPE, SECRET

DEPLOYMENT = "apps/v1/Deployment"
INGRESS = "networking.k8s.io/v1/Ingress"
NAMESPACE = "v1/Namespace"
_KINDS = (
    INGRESS, "keda.sh/v1alpha1/ScaledObject", "keda.sh/v1alpha1/TriggerAuthentication",
    "autoscaling/v2/HorizontalPodAutoscaler", "policy/v1/PodDisruptionBudget", DEPLOYMENT, "v1/Service",
    "networking.k8s.io/v1/NetworkPolicy", SECRET, "v1/ServiceAccount",
)  # fmt: skip
"""All that a deployment may have, in the order of deleting."""
_WORK = ("apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet", "batch/v1/CronJob")


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds."""

    pause: float = 2.0
    margin: float = 60.0
    """Beyond the time that a start may take: for nodes that must come first, and images that must be pulled."""


def open_kubernetes(spec: DeploymentSpec, *, log: Log) -> "KubernetesPlatform":
    """Nobody is asked yet."""
    return KubernetesPlatform(spec, log=log)


class KubernetesPlatform:
    """One deployment in one namespace."""

    def __init__(
        self, spec: DeploymentSpec, *, log: Log, kubectl: Kubectl | None = None, times: Times | None = None
    ) -> None:
        """Raises InvalidDeployment for a name or namespace that kubectl would take for something else."""
        options = options_in(spec)
        self._spec, self._options, self._log = spec, options, log
        self._kubectl = kubectl or Kubectl(context=options.context, namespace=options.namespace)
        self._times = times or Times()
        self._variables = environment()

    def diff(self, manifests: Sequence[Manifest]) -> Sequence[Change]:
        """By asking for each of them; raises PlatformUnavailable, NotPermitted, ApplyFailed and InvalidDeployment."""
        there = self._there(manifests)
        changes = [self._change(each, there) for each in manifests]
        gone = [Change(action="delete", address=f"{kind}/{name}") for kind, name in self._leftovers(manifests)]
        return [*changes, *gone]

    def apply(self, manifests: Sequence[Manifest]) -> Deployment:
        """Only what is not so yet; then waits for the pods. Raises ApplyFailed and NeverReady, and what diff() does."""
        there = self._there(manifests)
        before = there.get(f"{DEPLOYMENT}/{self._spec.name}")
        changed: list[Manifest] = []
        for manifest in manifests:
            change = self._change(manifest, there)
            if change.action != "none":
                self._log(f"{change.action} {change.address}")
                self._kubectl.apply(self._body(manifest, there), manifest.address)
                changed.append(manifest)
        for kind, name in self._leftovers(manifests):
            self._log(f"delete {kind}/{name}")
            self._kubectl.delete(kind, name)
        kinds = {each.kind for each in changed}
        if SECRET in kinds and DEPLOYMENT not in kinds:
            self._kubectl.restart(self._spec.name)
        if kinds & {SECRET, DEPLOYMENT} or before is None or state_of(before) not in SETTLED:
            # The Deployment last: its pods start with what the others say.
            order = sorted(changed, key=lambda each: each.kind == DEPLOYMENT)
            self._wait([there[each.address] for each in order if each.address in there], before)
        found = self.status()
        if found is None:
            raise ApplyFailed(f"{DEPLOYMENT}/{self._spec.name} was deleted while it started; apply again.")
        return found

    def status(self) -> Deployment | None:
        pods = self._kubectl.get(DEPLOYMENT, self._spec.name)
        if pods is None or not self._is_ours(pods):
            return None
        ingress = self._kubectl.get(INGRESS, self._spec.name)
        inside = f"http://{self._spec.name}.{self._options.namespace}"
        outside = f"https://{ingress['spec']['rules'][0]['host']}" if ingress else ""
        state, said = state_of(pods), pods.get("status", {})
        details = {"replicas": f"{said.get('availableReplicas', 0)} available of {pods['spec'].get('replicas', 1)}"}
        if outside:
            details["inside"] = inside
        key, why_not = self._key() if self._spec.image.may_need_key else ("", "")
        if why_not:
            details["key"] = why_not
        return Deployment(
            name=self._spec.name,
            target=self._spec.target,
            state=state,
            url=outside or inside,
            key=key,
            image=pods["spec"]["template"]["spec"]["containers"][0]["image"],
            details=details,
        )

    def _key(self) -> tuple[str, str]:
        """The key of all functions, or why it is not shown; neither for an app that has none."""
        try:
            keys = self._kubectl.get(SECRET, keys_name(self._spec))
        except NotPermitted as error:
            return "", f"not shown: {error}"
        data = (keys or {}).get("data", {})
        return (base64.b64decode(data[HOST_KEY]).decode(), "") if data.get(HOST_KEY) else ("", "")

    def logs(self, *, follow: bool = False, lines: int = 100) -> Iterator[str]:
        """Of all its pods, each line after its pod's name."""
        more = ["--follow"] if follow else []
        selector = f"{NAME}={self._spec.name}"
        return self._kubectl.lines(
            "logs", "--selector", selector, f"--tail={lines}", "--prefix", "--max-log-requests=50", *more
        )

    def remove(self) -> Sequence[str]:
        gone = []
        for kind, name in self._own():
            self._kubectl.delete(kind, name)
            gone.append(f"{kind}/{name}")
        if self._options.create_namespace and self._made_namespace():
            self._kubectl.delete(NAMESPACE, self._options.namespace)
            gone.append(f"{NAMESPACE}/{self._options.namespace}")
        return gone

    def _made_namespace(self) -> bool:
        """Did this deployment make the namespace, and is nobody else in it?"""
        found = self._kubectl.get(NAMESPACE, self._options.namespace)
        if found is None or not self._is_ours(found):
            return False
        others = [
            f"{each['kind']}/{each['metadata']['name']}"
            for each in self._kubectl.labelled(_WORK, {})
            if not self._is_ours(each)
        ]
        if others:
            self._log(f"The namespace {self._options.namespace!r} stays: {others[0]} is in it, too.")
        return not others

    def _is_ours(self, found: Mapping[str, Any]) -> bool:
        labels = found["metadata"].get("labels", {})
        return bool(labels.get(NAME) == self._spec.name and labels.get(MANAGED) == MANAGER)

    def _wait(self, changed: Sequence[Mapping[str, Any]], before: Mapping[str, Any] | None) -> None:
        """`changed` is what was there of all that was changed, as it was."""
        rollout = Rollout(self._kubectl, self._spec.name, pause=self._times.pause)
        limit = self._options.initial_delay_seconds + self._times.margin
        self._log(f"Waiting for the pods, {limit:.0f} s at most.")
        why = rollout.wait(limit)
        if not why:
            return
        output = rollout.last_lines()
        end = "It stays as it is; correct the image or its settings and apply again."
        if before is not None:
            self._log(f"{why}; what ran before is put back.")
            for each in [*changed, *([] if before in changed else [before])]:
                rollout.put_back(each)
            end = "What ran before is put back, and has answered all the time."
        raise NeverReady(
            f"{DEPLOYMENT}/{self._spec.name} never got ready: {why}. {end} Its last lines:\n{output}", output=output
        )

    def _there(self, manifests: Sequence[Manifest]) -> Mapping[str, Mapping[str, Any]]:
        """Address -> the object as it is now; first of all raises InvalidDeployment for a secret that is not set."""
        for each in manifests:
            self._body(each, {})
        found = self._kubectl.existing([each.body for each in manifests])
        return {f"{_kind(each)}/{each['metadata']['name']}": each for each in found}

    def _change(self, manifest: Manifest, there: Mapping[str, Mapping[str, Any]]) -> Change:
        actual = there.get(manifest.address)
        if actual is None:
            return Change(action="create", address=manifest.address)
        if manifest.kind == NAMESPACE:
            return Change(action="none", address=manifest.address)
        if not self._is_ours(actual):
            raise ApplyFailed(
                f"There is a {manifest.address} in the namespace {self._options.namespace!r} that this deployment did "
                "not make; choose another name or namespace."
            )
        wanted = self._body(manifest, there)
        if manifest.kind == SECRET:
            kept = actual.get("data", {})
            details = tuple(f"{key}: changed" for key, value in wanted["data"].items() if kept.get(key) != value)
        else:
            found = differences({key: each for key, each in wanted.items() if key != "kind"}, actual)
            # What others added in lists stays theirs: applying on the server's side takes nothing away from them.
            details = tuple(each for each in found if not each.endswith(": removed"))
        return Change(action="update" if details else "none", address=manifest.address, details=details)

    def _body(self, manifest: Manifest, there: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """As the cluster takes it: secrets with their values, keys with those that are there already."""
        body = dict(manifest.body)
        if manifest.kind == SECRET:
            values = body.pop("stringData")
            kept = there.get(manifest.address, {}).get("data", {})
            texts = {key: self._text(value) for key, value in values.items()}
            if body["type"] == PULL_TYPE:
                texts = {".dockerconfigjson": _docker_config(texts)}
            new = {key: _base64(text) for key, text in texts.items()}
            body["data"] = {**new, **{key: kept[key] for key in kept if isinstance(values.get(key), NewKey)}}
        return body

    def _text(self, value: str | Secret | NewKey) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, NewKey):
            return new_value()
        if value.variable not in self._variables:
            raise InvalidDeployment(f"The environment variable {value.variable!r} holds a secret, but it is not set.")
        return self._variables[value.variable]

    def _leftovers(self, manifests: Sequence[Manifest]) -> list[tuple[str, str]]:
        """What an earlier apply made and nobody wants any more: two scalers would fight over the pods."""
        wanted = {each.address for each in manifests}
        return [(kind, name) for kind, name in self._own() if f"{kind}/{name}" not in wanted]

    def _own(self) -> list[tuple[str, str]]:
        """What the deployment's labels are on; what another object owns, as KEDA's autoscaler, is not ours."""
        labels = {NAME: self._spec.name, MANAGED: MANAGER}
        found = [each for each in self._kubectl.labelled(_KINDS, labels) if not each["metadata"].get("ownerReferences")]
        return sorted(((_kind(each), each["metadata"]["name"]) for each in found), key=lambda one: _KINDS.index(one[0]))


def _kind(found: Mapping[str, Any]) -> str:
    return f"{found['apiVersion']}/{found['kind']}"


def _docker_config(login: Mapping[str, str]) -> str:
    known = {"username": login["username"], "password": login["password"]}
    auth = _base64(f"{login['username']}:{login['password']}")
    return json.dumps({"auths": {login["server"]: {**known, "auth": auth}}})


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
