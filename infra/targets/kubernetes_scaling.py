"""How many pods there are: by KEDA where events wait, by the load of the processor where requests come alone."""

from collections.abc import Mapping
from typing import Any

from infra.contract import DeploymentSpec, Manifest, Secret
from infra.errors import InvalidDeployment
from infra.scaling import HTTP, Scaling, place_of, scaling
from infra.targets.kubernetes_names import made
from infra.targets.kubernetes_options import KubernetesOptions
from infra.targets.kubernetes_secrets import secret_name
from triggers.contract import ScaleRule

_UTILIZATION = 70
_POLLING, _COOLDOWN = 15, 300
_CONNECTION = "connectionFromEnv"
_KEDA = "keda.sh/v1alpha1"


def limits(spec: DeploymentSpec, options: KubernetesOptions, settings: Mapping[str, str | Secret]) -> Scaling:
    """What the triggers ask for; a cluster has nothing that would start the first pod for a request.

    Raises InvalidDeployment for limits under which something would wait for ever.
    """
    found = scaling(spec, dict(settings))
    asleep = found.min_replicas == 0 and (HTTP in found.rules or not options.keda or not found.rules)
    if asleep and spec.scale.min_replicas == 0:
        raise InvalidDeployment(
            "min_replicas=0 would leave requests unanswered: what starts pods here sees events, not requests. Set it "
            "to 1 or more."
        )
    return Scaling(
        rules=found.rules, min_replicas=max(found.min_replicas, int(asleep)), max_replicas=found.max_replicas
    )


def scalers(
    spec: DeploymentSpec, options: KubernetesOptions, settings: Mapping[str, str | Secret], wanted: Scaling
) -> list[Manifest]:
    """A ScaledObject with what it needs to look, or a HorizontalPodAutoscaler, or nothing for a fixed number."""
    if wanted.min_replicas == wanted.max_replicas:
        return []
    events = {name: rule for name, rule in wanted.rules.items() if name != HTTP}
    if not events or not options.keda:
        return [_autoscaler(spec, wanted)]
    found, triggers = [], []
    for name, rule in events.items():
        login = _login(spec, options, name, rule, settings)
        if login is not None:
            found.append(login)
        triggers.append(_trigger(name, rule, settings, login))
    if HTTP in wanted.rules:
        triggers.append({"type": "cpu", "metricType": "Utilization", "metadata": {"value": str(_utilization(spec))}})
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": spec.name}
    body = {
        "scaleTargetRef": target,
        "minReplicaCount": wanted.min_replicas,
        "maxReplicaCount": wanted.max_replicas,
        "pollingInterval": _POLLING,
        "cooldownPeriod": _COOLDOWN,
        "triggers": triggers,
    }
    return [*found, made(spec, f"{_KEDA}/ScaledObject", {"spec": body})]


def _login(
    spec: DeploymentSpec, options: KubernetesOptions, name: str, rule: ScaleRule, settings: Mapping[str, str | Secret]
) -> Manifest | None:
    """What KEDA opens the connection with; None for one whose text is in the pods' own environment."""
    connection = rule.metadata.get(_CONNECTION, "")
    value = next((each for key, each in settings.items() if key.lower() == connection.lower()), None)
    if isinstance(value, Secret):
        reference = {"parameter": "connection", "name": secret_name(spec), "key": connection}
        body: dict[str, Any] = {"secretTargetRef": [reference]}
    elif value is None and options.identity_client_id:
        body = {"podIdentity": {"provider": "azure-workload", "identityId": options.identity_client_id}}
    elif value is not None:
        return None
    else:
        raise InvalidDeployment(
            f"KEDA cannot look into the connection {connection!r}: it is neither a connection string, nor is there an "
            "identity (identity_client_id) to open it with."
        )
    return made(spec, f"{_KEDA}/TriggerAuthentication", {"spec": body}, name=f"{spec.name}-{name}")


def _trigger(
    name: str, rule: ScaleRule, settings: Mapping[str, str | Secret], login: Manifest | None
) -> dict[str, Any]:
    metadata = dict(rule.metadata)
    if rule.scaler == "azure-queue":
        # What is being worked at counts: else its pod would be taken away.
        metadata["queueLengthStrategy"] = "all"
    if login is None:
        return {"name": name, "type": rule.scaler, "metadata": metadata}
    connection = metadata.pop(_CONNECTION)
    if "podIdentity" in login.body["spec"]:
        metadata |= place_of(connection, rule.scaler, settings)
    return {"name": name, "type": rule.scaler, "metadata": metadata, "authenticationRef": {"name": login.name}}


def _autoscaler(spec: DeploymentSpec, wanted: Scaling) -> Manifest:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": spec.name}
    goal = {"type": "Utilization", "averageUtilization": _utilization(spec)}
    body = {
        "scaleTargetRef": target,
        "minReplicas": wanted.min_replicas,
        "maxReplicas": wanted.max_replicas,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": goal}}],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": _COOLDOWN}},
    }
    return made(spec, "autoscaling/v2/HorizontalPodAutoscaler", {"spec": body})


def _utilization(spec: DeploymentSpec) -> int:
    given = spec.scale.target_utilization
    return _UTILIZATION if given is None else given
