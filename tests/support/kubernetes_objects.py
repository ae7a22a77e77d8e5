"""Deployments for a cluster, and what judges their objects: Kubernetes' own schemas and those of KEDA."""

from typing import Any

import jsonschema
import kubernetes_validate

from infra.contract import DeploymentSpec, Manifest, Secret
from infra.targets.kubernetes_keys import NewKey
from tests.support.deployments import ELSEWHERE, image, rendered, spec

CONNECTIONS = {
    "TriggerConnectionString": Secret(variable="STORAGE"),
    "AzureWebJobsStorage": Secret(variable="STORAGE"),
    "ServiceBusConnectionString": Secret(variable="BUS"),
    "QueueConnectionString": Secret(variable="STORAGE"),
}
EVERYTHING: dict[str, dict[str, Any]] = {"blob": {}, "http": {}, "service_bus_queue": {}, "timer": {}}
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_NUMBER = {"type": "integer", "minimum": 0}


def _closed(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


_NAMED = _closed(("name",), name={"type": "string"}, kind={"type": "string"})
# From config/crd/bases of kedacore/keda: the fields that are used here, and none beside them.
KEDA_SCHEMAS = {
    "keda.sh/v1alpha1/ScaledObject": _closed(
        ("scaleTargetRef", "triggers"),
        scaleTargetRef=_closed(
            ("name",), apiVersion={"type": "string"}, kind={"type": "string"}, name={"type": "string"}
        ),
        minReplicaCount=_NUMBER,
        maxReplicaCount=_NUMBER,
        pollingInterval=_NUMBER,
        cooldownPeriod=_NUMBER,
        triggers={
            "type": "array",
            "minItems": 1,
            "items": _closed(
                ("type", "metadata"),
                type={"enum": ["azure-queue", "azure-servicebus", "cpu"]},
                name={"type": "string"},
                metricType={"enum": ["AverageValue", "Value", "Utilization"]},
                metadata=_TEXTS,
                authenticationRef=_NAMED,
            ),
        },
    ),
    "keda.sh/v1alpha1/TriggerAuthentication": _closed(
        secretTargetRef={
            "type": "array",
            "items": _closed(
                ("parameter", "name", "key"),
                parameter={"type": "string"}, name={"type": "string"}, key={"type": "string"},
            ),
        },
        podIdentity=_closed(("provider",), provider={"enum": ["azure-workload"]}, identityId={"type": "string"}),
    ),
}  # fmt: skip
# From pkg/scalers of the same: what each scaler reads of the metadata.
_METADATA = {
    "azure-queue": {
        "queueName", "queueLength", "activationQueueLength", "queueLengthStrategy", "connectionFromEnv", "accountName",
        "endpointSuffix",
    },
    "azure-servicebus": {
        "queueName", "topicName", "subscriptionName", "messageCount", "activationMessageCount", "connectionFromEnv",
        "namespace",
    },
    "cpu": {"value"},
}  # fmt: skip


def judge(manifest: Manifest) -> None:
    """Raises ValidationError for an object that a cluster would refuse, or silently cut down."""
    schema = KEDA_SCHEMAS.get(manifest.kind)
    if schema is None:
        kubernetes_validate.validate(_written(manifest.body), "1.33", strict=True)
        return
    body = manifest.body["spec"]
    jsonschema.validate(body, schema)
    for trigger in body.get("triggers", ()):
        unknown = set(trigger["metadata"]) - _METADATA[trigger["type"]]
        if unknown:
            raise jsonschema.ValidationError(f"{trigger['type']} reads no {sorted(unknown)}")


def _written(value: Any) -> Any:
    """As it is applied: with some text where a secret will be."""
    if isinstance(value, Secret | NewKey):
        return "secret"
    if isinstance(value, dict):
        return {key: _written(each) for key, each in value.items()}
    return [_written(each) for each in value] if isinstance(value, list | tuple) else value


def cluster_spec(**said: Any) -> DeploymentSpec:
    """A deployment to a cluster, of a blob function unless it is said otherwise."""
    return spec("kubernetes", **{"settings": CONNECTIONS, **said})


def objects(**said: Any) -> dict[str, Manifest]:
    """The last part of the kind (and the name, where it is not the app's) -> the object."""
    found = rendered("kubernetes", **{"settings": CONNECTIONS, **said})
    return {
        each.kind.rpartition("/")[2] + (f"/{each.name}" if each.name != "diabetes" else ""): each
        for each in found.values()
    }


def every_cluster_deployment() -> list[DeploymentSpec]:
    """One for each way that changes the documents."""
    everything = image(EVERYTHING)
    identity = {"TriggerConnectionString__accountName": "team", "AzureWebJobsStorage__accountName": "team"}
    return [
        cluster_spec(),
        cluster_spec(of=everything, namespace="ml", create_namespace=True, hostname="d.example.com", tls_secret="t"),
        cluster_spec(of=image({}), hostname="d.example.com", cert_issuer="letsencrypt", ingress_class="nginx"),
        cluster_spec(of=everything, keda=False),
        cluster_spec(settings=identity, identity_client_id="7c2b"),
        cluster_spec(of=image({}, host="azure_functions", port=80), cpu_limit=2.0, memory_limit=2**30),
        cluster_spec(of=image(reference=ELSEWHERE, platforms=("linux/amd64", "linux/arm64")), pull_secret="p"),
    ]  # fmt: skip
