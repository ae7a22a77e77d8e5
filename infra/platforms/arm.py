"""Azure Resource Manager as a platform: makes a deployment's resources true, one after the other, over REST."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from infra.config import environment
from infra.contract import Change, Deployment, DeploymentSpec, Log, Manifest
from infra.errors import ApplyFailed, NeverReady, PlatformUnavailable
from infra.platforms.arm_client import PUBLIC, ArmClient, Pace
from infra.platforms.arm_compare import earlier, restarts
from infra.platforms.arm_errors import Refused, failed
from infra.platforms.arm_keys import KeyReader, ReadBlob, read_blob
from infra.platforms.arm_logs import app_lines
from infra.platforms.arm_place import ArmPlace
from infra.platforms.arm_ready import DELETED, UNVERIFIED, Probe, Watch, health_path
from infra.platforms.arm_remove import remove
from infra.platforms.arm_status import APPS, STARTING_TAG, deployment
from infra.platforms.arm_steps import Steps, ordered, tagged
from infra.platforms.arm_values import Values
from infra.resources.expressions import holds_secret
from infra.resources.kinds import CONTAINER_APP, CONTAINER_GROUP, GROUP, api_version
from infra.targets.azure_connections import is_given
from infra.targets.azure_names import check_name
from infra.targets.azure_options import AzureOptions, resource_group
from triggers.blob_account import HOST_SETTING

ENDPOINT = "AZURE_RESOURCE_MANAGER_ENDPOINT"
"""Where a stand-in of Resource Manager is; empty is the public cloud, the only one that is supported."""
SUBSCRIPTION = "AZURE_SUBSCRIPTION_ID"
_READY = 230.0
_PAUSE = 3.0
_SECRETS = "configuration.secrets"
_TRIES = 5
"""How often a host that just started is given a moment more to make its keys."""


def open_arm(spec: DeploymentSpec, *, log: Log) -> "ArmPlatform":
    """Nobody is asked yet. Who the caller is comes from azure-identity: environment, managed identity, `az login`."""
    return ArmPlatform(spec, log=log)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmTimes:
    """How long an app has to answer, in seconds; and how fast Azure is asked."""

    ready: float = _READY
    pause: float = _PAUSE
    pace: Pace = field(default_factory=Pace)


class ArmPlatform:
    """One deployment in one resource group; every call opens its own connections and closes them."""

    def __init__(
        self,
        spec: DeploymentSpec,
        *,
        log: Log,
        credential: Any = None,
        times: ArmTimes | None = None,
        probe: Probe | None = None,
        read: ReadBlob = read_blob,
    ) -> None:
        """`credential`, a TokenCredential, is azure-identity's default when it is None."""
        self._spec = spec
        self._log = log
        self._credential = credential
        options = spec.options if isinstance(spec.options, AzureOptions) else AzureOptions()
        self._options = options
        self._times = times or ArmTimes(ready=options.ready_timeout)
        self._probe = probe
        self._read = read
        self._variables = environment()

    def diff(self, manifests: Sequence[Manifest]) -> Sequence[Change]:
        """By asking for each of them; raises PlatformUnavailable, ApplyFailed and InvalidDeployment."""
        with self._connected() as (arm, place):
            steps = self._steps(arm, place, planning=True)
            return tuple(steps.change(each) for each in ordered(manifests))

    def apply(self, manifests: Sequence[Manifest]) -> Deployment:
        """Skips what is so already, hence doing it again goes on after a failure. Raises ApplyFailed and NeverReady."""
        with self._connected() as (arm, place):
            steps = self._steps(arm, place, planning=False)
            notes: dict[str, str] = {}
            closed: list[Manifest] = []
            for manifest in ordered(manifests):
                if manifest.kind.lower() in APPS:
                    notes |= self._apply_app(arm, steps, manifest)
                elif steps.locks_out(manifest):
                    closed.append(manifest)
                else:
                    steps.apply(manifest)
            for manifest in closed:
                steps.apply(manifest)
            self._name_what_is_left(arm, place, manifests)
            done = self._deployment(arm, place, tries=_TRIES)
            return replace(done, state="deploying", details={**done.details, **notes}) if notes else done

    def status(self) -> Deployment | None:
        """None where neither the group nor anything of this deployment is there."""
        with self._connected() as (arm, place):
            if not tagged(arm, place, self._spec.name):
                return None
            return self._deployment(arm, place)

    def logs(self, *, follow: bool = False, lines: int = 100) -> Iterator[str]:
        """Raises ApplyFailed where there is no app, or Azure does not give its log."""
        with self._connected() as (arm, place):
            app = next((each for each in tagged(arm, place, self._spec.name) if each["type"].lower() in APPS), None)
            found = arm.get(app["id"], api_version(app["type"])) if app else None
            if found is None:
                raise PlatformUnavailable(
                    f"There is no app of deployment {self._spec.name!r} in the group {place.group!r}; apply it."
                )
            yield from app_lines(arm, found, follow=follow, lines=lines)

    def remove(self) -> Sequence[str]:
        """What has this deployment's tag, its roles elsewhere, and the group where it made that and nobody uses it."""
        with self._connected() as (arm, place):
            return remove(arm, place, self._spec.name, log=self._log)

    def _apply_app(self, arm: ArmClient, steps: Steps, manifest: Manifest) -> dict[str, str]:
        """What is to be told of it beside its state."""
        path = steps.place.path_of(manifest)
        watch = Watch(arm, path, probe=self._probe or arm.answer_of, log=self._log)
        was = arm.get(path, manifest.body["apiVersion"])
        watch.before(was)
        change, was = steps.apply(manifest, mark=watch.mark)
        body = steps.values.of(manifest.body)
        marked = str(((was or {}).get("tags") or {}).get(STARTING_TAG) or "")
        is_new = change.action == "update" and was is not None and restarts(body, was)
        if is_new or marked:
            watch.expect_start("" if is_new else marked)
        self._renew_secrets(arm, manifest, change, was)
        why = watch.wait(health_path(body), limit=self._times.ready, pause=self._times.pause)
        if not why:
            if is_new or marked:
                self._unmark(arm, path)
            if watch.is_unverified:
                self._log(f"{manifest.address}: {UNVERIFIED}")
            return {"start": UNVERIFIED} if watch.is_unverified else {}
        if why == DELETED:
            raise ApplyFailed(f"Somebody deleted {manifest.address} while it started; apply again makes it anew.")
        output = steps.values.scrubbed(watch.last_lines())
        end = "It stays as it is; correct the image or its settings and apply again."
        if change.action == "update" and was is not None:
            self._log(f"{manifest.address}: {why}; what ran before is put back.")
            end = _put_back(steps, manifest, body, was)
        raise NeverReady(
            f"{manifest.address} was started and never answered: {why}. {end} Its last lines:\n{output}", output=output
        )

    def _unmark(self, arm: ArmClient, path: str) -> None:
        """Its new container was seen; the other tags stay whatever they became meanwhile."""
        tag = (arm.get(path, api_version(path.rpartition("/providers/")[2])) or {}).get("tags") or {}
        if STARTING_TAG not in tag:
            return
        body = {"operation": "Delete", "properties": {"tags": {STARTING_TAG: tag[STARTING_TAG]}}}
        try:
            arm.patch(f"{path}/providers/Microsoft.Resources/tags/default", api_version(GROUP), body)
        except Refused as refusal:
            self._log(f"The tag {STARTING_TAG} stays, which does no harm: {refusal.code}: {refusal.said}")

    def _renew_secrets(self, arm: ArmClient, manifest: Manifest, change: Change, was: Mapping[str, Any] | None) -> None:
        """Replicas of a container app read its secrets when they start, and a changed one alone starts none."""
        if manifest.kind != CONTAINER_APP or was is None or not any(_SECRETS in each for each in change.details):
            return
        found = arm.get(was["id"], api_version(CONTAINER_APP)) or {"properties": {}}
        revision = found["properties"].get("latestRevisionName")
        if revision and revision == was["properties"].get("latestRevisionName"):
            self._log(f"{manifest.address}: its replicas start again, for the secrets that changed")
            arm.post(f"{was['id']}/revisions/{revision}/restart", api_version(CONTAINER_APP))

    def _name_what_is_left(self, arm: ArmClient, place: ArmPlace, manifests: Sequence[Manifest]) -> None:
        """Accounts hold data, so that nothing goes because a deployment does not name it any more."""
        wanted = {each.address.lower() for each in manifests}
        for found in tagged(arm, place, self._spec.name):
            address = place.address_of(found["id"])
            if address.lower() not in wanted:
                self._log(f"{address}: not part of the deployment any more; it stays until you delete it")

    def _deployment(self, arm: ArmClient, place: ArmPlace, *, tries: int = 1) -> Deployment:
        found = tagged(arm, place, self._spec.name)
        keys = KeyReader(
            arm=arm,
            credential=arm.credential,
            read=self._read,
            is_given=is_given(self._spec, HOST_SETTING),
            tries=tries,
            pause=self._times.pause,
        )
        return deployment(self._spec, found, group=place.group, arm=arm, keys=keys)

    def _steps(self, arm: ArmClient, place: ArmPlace, *, planning: bool) -> Steps:
        values = Values(arm, place, self._variables, planning=planning)
        return Steps(arm, place, values, log=self._log, pace=self._times.pace)

    @contextmanager
    def _connected(self) -> Iterator[tuple[ArmClient, ArmPlace]]:
        check_name("resource group", resource_group(self._spec))
        endpoint = self._variables.get(ENDPOINT) or PUBLIC
        credential = self._credential or _credential(endpoint)
        try:
            with ArmClient(endpoint, credential, log=self._log, pace=self._times.pace) as arm:
                subscription = self._options.subscription or self._variables.get(SUBSCRIPTION) or _only_one(arm)
                yield arm, ArmPlace(subscription=subscription, group=resource_group(self._spec))
        except Refused as refusal:
            group = resource_group(self._spec)
            raise failed(refusal, f"{GROUP}/{group}", group=group) from refusal
        finally:
            if self._credential is None:
                credential.close()


def _put_back(steps: Steps, manifest: Manifest, body: Mapping[str, Any], was: Mapping[str, Any]) -> str:
    """What is to be said of it."""
    kept = {name: value for name, value in (was.get("tags") or {}).items() if name != STARTING_TAG}
    steps.put(manifest, earlier(body, was), {**was, "tags": kept})
    if manifest.kind == CONTAINER_GROUP and holds_secret(manifest.body):
        return "What ran before is put back, but with the new secrets: the old ones cannot be read from Azure."
    return "What ran before is put back."


def _credential(endpoint: str) -> Any:
    try:
        import azure.mgmt.core  # noqa: F401 - part of the same extra
        from azure.identity import DefaultAzureCredential
    except ImportError as cause:
        raise PlatformUnavailable(
            "Deploying to Azure needs azure-identity: pip install 'functions-packager[azure]'."
        ) from cause
    # Else each way to sign in that was tried in vain is told on its own, before the one sentence that counts.
    logging.getLogger("azure").addHandler(logging.NullHandler())
    # Another cloud's directory is not known to the public one, which would be asked otherwise.
    return DefaultAzureCredential(disable_instance_discovery=endpoint != PUBLIC)


def _only_one(arm: ArmClient) -> str:
    found = [each for each in arm.list("/subscriptions", "2022-12-01") if each.get("state") == "Enabled"]
    if len(found) == 1:
        return str(found[0]["subscriptionId"])
    listed = ", ".join(f"{each['displayName']} ({each['subscriptionId']})" for each in found) or "none"
    raise PlatformUnavailable(f"Which subscription? You have {listed}. Name it in the options, or set {SUBSCRIPTION}.")
