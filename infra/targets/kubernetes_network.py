"""How pods are reached, and how few of them may be taken away at once."""

from typing import Any

from infra.contract import DeploymentSpec, Manifest
from infra.targets.kubernetes_names import made, selector
from infra.targets.kubernetes_options import KubernetesOptions


def service(spec: DeploymentSpec) -> Manifest:
    """The app's address inside the cluster: port 80."""
    port = {"name": "http", "port": 80, "targetPort": "http"}
    return made(spec, "v1/Service", {"spec": {"selector": selector(spec), "ports": [port]}})


def ingress(spec: DeploymentSpec, options: KubernetesOptions) -> Manifest:
    """The app's address outside, with TLS."""
    issuer = {"cert-manager.io/cluster-issuer": options.cert_issuer} if options.cert_issuer else None
    secret = options.tls_secret or (f"{spec.name}-tls" if options.cert_issuer else "")
    tls = {"hosts": [options.hostname], **({"secretName": secret} if secret else {})}
    backend = {"service": {"name": spec.name, "port": {"name": "http"}}}
    body: dict[str, Any] = {
        "tls": [tls],
        "rules": [
            {"host": options.hostname, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
        ],
    }
    if options.ingress_class:
        body["ingressClassName"] = options.ingress_class
    return made(spec, "networking.k8s.io/v1/Ingress", {"spec": body}, annotations=issuer)


def disruption_budget(spec: DeploymentSpec) -> Manifest:
    """Nodes are emptied one pod at a time; a single pod does not stop that."""
    body = {"maxUnavailable": 1, "selector": {"matchLabels": selector(spec)}}
    return made(spec, "policy/v1/PodDisruptionBudget", {"spec": body})


def network_policy(spec: DeploymentSpec) -> Manifest:
    """Nothing of the pods can be reached but the app's own port."""
    body = {
        "podSelector": {"matchLabels": selector(spec)},
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": [{"protocol": "TCP", "port": "http"}]}],
    }
    return made(spec, "networking.k8s.io/v1/NetworkPolicy", {"spec": body})
