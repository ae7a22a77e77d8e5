"""The pods of an app: its Deployment, and the account they run as."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.contract import DeploymentSpec, Manifest, Secret
from infra.errors import InvalidDeployment
from infra.targets.azure_connections import is_given
from infra.targets.azure_health import live_path, ready_path
from infra.targets.kubernetes_keys import keys_mount, keys_volume
from infra.targets.kubernetes_names import labels, made, selector
from infra.targets.kubernetes_options import KubernetesOptions
from infra.targets.kubernetes_secrets import pull_secret_name, secret_name
from packager.staging.container import OWN_HOST
from triggers.blob_account import HOST_SETTING
from triggers.host_id import host_id

HOST_ID = "AzureFunctionsWebHost__hostid"
_DRAIN = 25
"""Seconds that a host takes to end what it has begun."""
_SPREAD = 5
"""Seconds in which every node hears that a pod takes no requests any more."""
_STARTUP_PERIOD = 2
MARGIN = 60
"""Seconds beyond those that a start may take: for nodes that must come first, and images that must be pulled."""
_MIB = 2**20


def service_account(spec: DeploymentSpec, options: KubernetesOptions) -> Manifest:
    """An account without any rights in the cluster; with an identity in Azure when one is named."""
    identity = {"azure.workload.identity/client-id": options.identity_client_id} if options.identity_client_id else None
    return made(spec, "v1/ServiceAccount", {"automountServiceAccountToken": False}, annotations=identity)


def pods(
    spec: DeploymentSpec, options: KubernetesOptions, settings: Mapping[str, str | Secret], *, replicas: int | None
) -> Manifest:
    """The Deployment; without `replicas` somebody else says how many there are."""
    body: dict[str, Any] = {
        "selector": {"matchLabels": selector(spec)},
        # The new one answers before the old one goes.
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "progressDeadlineSeconds": options.initial_delay_seconds + MARGIN,
        "template": {"metadata": {"labels": _pod_labels(spec, options)}, "spec": _pod(spec, options, settings)},
    }
    if replicas is not None:
        body["replicas"] = replicas
    return made(spec, "apps/v1/Deployment", {"spec": body})


def app_settings(spec: DeploymentSpec, *, own: Mapping[str, str]) -> Mapping[str, str | Secret]:
    """All that the app has, with `own` of the target; raises InvalidDeployment for a connection that nothing says."""
    _check_storage(spec)
    for name, what in spec.image.connections.items():
        if not is_given(spec, name):
            raise InvalidDeployment(f"The app needs the setting {name!r}: {what} Add it to the deployment's settings.")
    if HOST_ID.lower() in {name.lower() for name in spec.settings}:
        return {**own, **spec.settings}
    # The same for every pod; else each would keep ledgers and queues of its own.
    return {HOST_ID: host_id(Path(spec.name), {}), **own, **spec.settings}


def _check_storage(spec: DeploymentSpec) -> None:
    """Pods that share nothing would all fire each timer."""
    for function in spec.image.functions:
        if function.trigger.type.lower() == "timertrigger" and not is_given(spec, HOST_SETTING):
            raise InvalidDeployment(
                f"The function {function.name!r} needs the setting {HOST_SETTING!r}, a storage account in which the "
                "pods keep who fires a timer. Add it to the deployment's settings."
            )


def _pod_labels(spec: DeploymentSpec, options: KubernetesOptions) -> dict[str, str]:
    identity = {"azure.workload.identity/use": "true"} if options.identity_client_id else {}
    return {**labels(spec), **identity}


def _pod(spec: DeploymentSpec, options: KubernetesOptions, settings: Mapping[str, str | Secret]) -> dict[str, Any]:
    ours = spec.image.host == OWN_HOST
    found: dict[str, Any] = {
        "serviceAccountName": options.service_account or spec.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": _DRAIN + _SPREAD + 10,
        "containers": [_container(spec, options, settings, ours=ours)],
        "nodeSelector": {"kubernetes.io/os": "linux", **_architecture(spec)},
        # Two replicas on one node end with it.
        "topologySpreadConstraints": [
            {
                "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": selector(spec)},
            }
        ],
    }  # fmt: skip
    if ours:
        found["securityContext"] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    if volumes := [*([{"name": "tmp", "emptyDir": {}}] if ours else []), *keys_volume(spec)]:
        found["volumes"] = volumes
    if pull := pull_secret_name(spec, options):
        found["imagePullSecrets"] = [{"name": pull}]
    return found


def _architecture(spec: DeploymentSpec) -> dict[str, str]:
    """Of an image for one architecture; any node takes the others."""
    known = {platform.partition("/")[2].partition("/")[0] for platform in spec.image.platforms}
    return {"kubernetes.io/arch": known.pop()} if len(known) == 1 else {}


def _container(
    spec: DeploymentSpec, options: KubernetesOptions, settings: Mapping[str, str | Secret], *, ours: bool
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": "app",
        "image": spec.image.reference,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": "http", "containerPort": spec.image.port}],
        "env": [_variable(spec, name, value) for name, value in settings.items()],
        "resources": _resources(spec, options),
        "lifecycle": {"preStop": {"sleep": {"seconds": _SPREAD}}},
        **_probes(spec, options),
    }
    if ours:
        found["securityContext"] = {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
    tmp = [{"name": "tmp", "mountPath": "/tmp"}] if ours else []  # noqa: S108 - the container's own
    if mounts := [*tmp, *keys_mount(spec)]:
        found["volumeMounts"] = mounts
    return found


def _variable(spec: DeploymentSpec, name: str, value: str | Secret) -> dict[str, Any]:
    if isinstance(value, Secret):
        return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret_name(spec), "key": name}}}
    # A cluster reads $(NAME) as another variable, and two dollar signs as one.
    return {"name": name, "value": value.replace("$", "$$")}


def _resources(spec: DeploymentSpec, options: KubernetesOptions) -> dict[str, Any]:
    cpu = spec.size.cpu if spec.size.cpu is not None else 0.1
    memory = spec.size.memory if spec.size.memory is not None else 512 * _MIB
    limits: dict[str, str] = {"memory": _mebibytes(options.memory_limit or memory)}
    if options.cpu_limit is not None:
        limits["cpu"] = _millicores(options.cpu_limit)
    return {"requests": {"cpu": _millicores(cpu), "memory": _mebibytes(memory)}, "limits": limits}


def _millicores(cores: float) -> str:
    """As a cluster writes them: what it would spell otherwise would look like a change."""
    thousandths = round(cores * 1000)
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)


def _mebibytes(size: int) -> str:
    mebibytes = -(-size // _MIB)
    return f"{mebibytes}Mi" if mebibytes % 1024 else f"{mebibytes // 1024}Gi"


def _probes(spec: DeploymentSpec, options: KubernetesOptions) -> dict[str, Any]:
    """One waits for the start, so that the two others need not: a slow start is no death."""
    often = {"periodSeconds": options.period_seconds, "timeoutSeconds": options.timeout_seconds}
    patience = {"failureThreshold": options.failure_threshold}
    live, ready = _get(live_path(spec.image)), _get(ready_path(spec.image))
    tries = max(1, -(-options.initial_delay_seconds // _STARTUP_PERIOD))
    startup = {"periodSeconds": _STARTUP_PERIOD, "timeoutSeconds": options.timeout_seconds, "failureThreshold": tries}
    return {
        "startupProbe": {**live, **startup},
        "livenessProbe": {**live, **often, **patience},
        "readinessProbe": {**ready, **often, **patience, "successThreshold": options.success_threshold},
    }


def _get(path: str) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "http"}}
