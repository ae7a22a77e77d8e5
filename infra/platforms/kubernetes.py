"""A Kubernetes cluster as a platform: makes a deployment's objects true by the user's kubectl."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from infra.config import environment
from infra.contract import Change, Deployment, DeploymentSpec, Log, Manifest
from infra.errors import ApplyFailed, NeverReady, NotPermitted, PlatformUnavailable
from infra.platforms.kubectl import Kubectl
from infra.platforms.kubernetes_namespace import of_others
from infra.platforms.kubernetes_objects import (
    INGRESS,
    SCALERS,
    ClusterObjects,
    Object,
    address,
    changes,
    is_going,
    kind_of,
    remembered_in,
)
from infra.platforms.kubernetes_rollback import put_back
from infra.platforms.kubernetes_rollout import DEPLOYMENT, SETTLED, Rollout, state_of
from infra.platforms.kubernetes_stamp import stamped
from infra.platforms.kubernetes_values import body_of, is_made_once
from infra.targets.kubernetes_keys import HOST_KEY, keys_name
from infra.targets.kubernetes_names import options_in
from infra.targets.kubernetes_pods import MARGIN
from infra.targets.kubernetes_secrets import SECRET

NAMESPACE = "v1/Namespace"
_UNSEEN = "no pod of it was seen yet: there are none until an event comes; see `packager deploy status` then"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds."""

    pause: float = 2.0
    margin: float = MARGIN
    """Beyond the time that a start may take."""


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
        self._limit = options.initial_delay_seconds + self._times.margin
        self._objects = ClusterObjects(self._kubectl, spec.name, limit=self._limit, pause=self._times.pause)
        self._variables = environment()

    def diff(self, manifests: Sequence[Manifest]) -> Sequence[Change]:
        """By asking for each of them; raises PlatformUnavailable, NotPermitted, ApplyFailed and InvalidDeployment."""
        there = self._there(manifests)
        gone = self._leftovers(manifests, self._objects.own())
        return [
            *(self._change(each, there) for each in self._stamped(manifests, there)),
            *(Change(action="delete", address=address(each)) for each in reversed(gone)),
        ]

    def apply(self, manifests: Sequence[Manifest]) -> Deployment:
        """Only what is not so yet; then waits for the pods, and deletes what nobody wants any more.

        Raises NeverReady, after what ran before was put back, and what diff() raises.
        """
        there = self._settled(manifests)
        before = self._objects.own()
        gone = self._leftovers(manifests, before)
        todo = [
            (each, change.action)
            for each in self._stamped(manifests, there)
            if (change := self._change(each, there)).action != "none"
        ]
        pods, kinds = there.get(f"{DEPLOYMENT}/{self._spec.name}"), {each.kind for each, _ in todo}
        rolls = bool(kinds & {SECRET, DEPLOYMENT}) or pods is None or state_of(pods) not in SETTLED
        self._remember(before)
        self._make_all(manifests, todo, there, gone)
        if rolls:
            self._wait(before)
        # Not before: until now there were pods that had been told of it.
        self._delete(each for each in reversed(gone) if kind_of(each) not in SCALERS)
        for manifest, _ in todo:
            if manifest.kind == SECRET:
                actual = there.get(manifest.address)
                self._objects.drop_keys(body_of(manifest, actual, self._variables), actual)
        if rolls or gone or todo:
            self._remember(self._objects.own())
        return self._found(rolls=rolls)

    def _found(self, *, rolls: bool) -> Deployment:
        found = self.status()
        if found is None:
            raise ApplyFailed(f"{DEPLOYMENT}/{self._spec.name} was deleted while it started; apply again.")
        is_unseen = rolls and found.state == "stopped"
        return replace(found, details={**found.details, "start": _UNSEEN}) if is_unseen else found

    def status(self) -> Deployment | None:
        pods = self._kubectl.get(DEPLOYMENT, self._spec.name)
        if pods is None or not self._objects.is_ours(pods):
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
        selector = ",".join(f"{name}={value}" for name, value in self._objects.labels.items())
        return self._kubectl.lines(
            "logs", "--selector", selector, f"--tail={lines}", "--prefix", "--max-log-requests=50", *more
        )

    def remove(self) -> Sequence[str]:
        gone = []
        for where, each in reversed(self._objects.own().items()):
            self._objects.delete(each)
            gone.append(where)
        if self._options.create_namespace and self._made_namespace():
            self._kubectl.delete(NAMESPACE, self._options.namespace)
            gone.append(f"{NAMESPACE}/{self._options.namespace}")
        return gone

    def _made_namespace(self) -> bool:
        """Did this deployment make the namespace, and is nobody else in it?"""
        found = self._kubectl.get(NAMESPACE, self._options.namespace)
        if found is None or not self._objects.is_ours(found):
            return False
        other = of_others(self._kubectl, self._objects)
        if other:
            self._log(f"The namespace {self._options.namespace!r} stays: {other} is in it, too.")
        return not other

    def _make_all(
        self,
        manifests: Sequence[Manifest],
        todo: Sequence[tuple[Manifest, str]],
        there: Mapping[str, Object],
        gone: Sequence[Object],
    ) -> None:
        """What the pods need, then they, then what scales them."""
        late = (DEPLOYMENT, *SCALERS)
        self._make([each for each in todo if each[0].kind not in late], there)
        scalers = [each for each in gone if kind_of(each) in SCALERS]
        for each in scalers:
            self._log(f"delete {address(each)}")
        self._objects.delete_scalers(scalers, self._log)
        # A Secret that was made just now has a stamp of its own.
        secrets = [each for each in manifests if each.kind == SECRET and not is_made_once(each)]
        new = [each.body for each in secrets if each.address not in there]
        known = {**there, **{address(each): each for each in (self._kubectl.existing(new) if new else ())}}
        for kind in late:
            wanted = [(each, action) for each, action in todo if each.kind == kind]
            self._make([(self._stamped([*secrets, each], known)[-1], action) for each, action in wanted], there)

    def _make(self, todo: Sequence[tuple[Manifest, str]], there: Mapping[str, Object]) -> None:
        for manifest, action in todo:
            self._log(f"{action} {manifest.address}")
            actual = there.get(manifest.address)
            body = body_of(manifest, actual, self._variables)
            if actual is None and is_made_once(manifest):
                if self._objects.create(body):
                    continue
                # Somebody else made the keys since: those are the ones that callers have.
                actual = self._kubectl.get(SECRET, manifest.name)
                self._change(manifest, {manifest.address: actual} if actual else {})
                body = body_of(manifest, actual, self._variables)
            self._objects.put(body, actual)

    def _remember(self, own: Mapping[str, Object]) -> None:
        """Only the next rollback needs it: nothing fails without."""
        try:
            self._objects.remember(own)
        except (ApplyFailed, PlatformUnavailable) as error:
            self._log(f"What runs now could not be remembered, so nothing puts it back later: {error}")

    def _delete(self, gone: Iterable[Object]) -> None:
        for each in gone:
            self._log(f"delete {address(each)}")
            self._objects.delete(each)

    def _wait(self, before: Mapping[str, Object]) -> None:
        """`before` is all that was there before anything was changed."""
        rollout = Rollout(self._kubectl, self._spec.name, pause=self._times.pause)
        self._log(f"Waiting for the pods, {self._limit:.0f} s at most until the next one answers.")
        why = rollout.wait(self._limit)
        if why:
            output = rollout.last_lines()
            end = self._end(why, before, answered=rollout.answered)
            raise NeverReady(
                f"{DEPLOYMENT}/{self._spec.name} never got ready: {why}. {end} Its last lines:\n{output}", output=output
            )

    def _end(self, why: str, before: Mapping[str, Object], *, answered: bool) -> str:
        """Put back what ran before, if anything did; says what came of it."""
        pods = self._kubectl.get(DEPLOYMENT, self._spec.name)
        if not remembered_in(pods):
            return "It stays as it is; correct the image or its settings and apply again."
        self._log(f"{why}; what ran before is put back.")
        try:
            is_changed = put_back(self._objects, self._spec.name, before, self._log)
        except (ApplyFailed, PlatformUnavailable) as error:
            return f"What ran before could not be put back ({error}); apply it again."
        if not is_changed:
            return "It is what ran before, so there is nothing to put back."
        seen = "a pod has answered all the time" if answered else "there were times when no pod answered"
        return f"What ran before is put back; {seen}."

    def _there(self, manifests: Sequence[Manifest]) -> Mapping[str, Object]:
        """Address -> the object as it is now; what is being deleted is none."""
        self._check_values(manifests)
        found = self._kubectl.existing([each.body for each in manifests])
        return {address(each): each for each in found if not is_going(each)}

    def _settled(self, manifests: Sequence[Manifest]) -> Mapping[str, Object]:
        """The same, once what is being deleted is gone."""
        self._check_values(manifests)
        return {address(each): each for each in self._objects.settled([each.body for each in manifests], self._log)}

    def _check_values(self, manifests: Sequence[Manifest]) -> None:
        """Before anything else: raises InvalidDeployment for a secret that is not set."""
        for each in manifests:
            body_of(each, None, self._variables)

    def _stamped(self, manifests: Sequence[Manifest], there: Mapping[str, Object]) -> list[Manifest]:
        return stamped(manifests, there, self._variables)

    def _change(self, manifest: Manifest, there: Mapping[str, Object]) -> Change:
        actual = there.get(manifest.address)
        if actual is None:
            return Change(action="create", address=manifest.address)
        if manifest.kind == NAMESPACE:
            return Change(action="none", address=manifest.address)
        if not self._objects.is_ours(actual):
            raise ApplyFailed(
                f"There is a {manifest.address} in the namespace {self._options.namespace!r} that this deployment did "
                "not make; choose another name or namespace."
            )
        if manifest.kind == DEPLOYMENT and actual["spec"]["selector"] != manifest.body["spec"]["selector"]:
            raise ApplyFailed(
                f"The pods of {manifest.address} are found by other labels, which no cluster changes. Delete it with "
                "`packager deploy delete`, or with `kubectl delete deployment "
                f"{manifest.name} --cascade=orphan` to keep its pods for now, and apply again."
            )
        details = changes(body_of(manifest, actual, self._variables), actual)
        return Change(action="update" if details else "none", address=manifest.address, details=details)

    @staticmethod
    def _leftovers(manifests: Sequence[Manifest], own: Mapping[str, Object]) -> list[Object]:
        """What an earlier apply made and nobody wants any more."""
        wanted = {each.address for each in manifests}
        return [each for where, each in own.items() if where not in wanted]
