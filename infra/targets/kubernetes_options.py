"""What the target `kubernetes` can be told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesOptions:
    """Of the target `kubernetes`; names without a file are of things that are in the cluster already."""

    namespace: str = "default"
    create_namespace: bool = False
    """Make the namespace when it is not there, and delete it with the deployment."""
    context: str = ""
    """Of kubectl's configuration; empty is the current one."""
    hostname: str = ""
    """Where an Ingress answers; empty makes none, and the app is reached inside the cluster only."""
    tls_secret: str = ""
    """The Secret with the certificate of `hostname`; empty leaves it to `cert_issuer`, or to the controller's own."""
    cert_issuer: str = ""
    """A ClusterIssuer of cert-manager that makes the certificate."""
    ingress_class: str = ""
    """Empty is the cluster's default."""
    service_account: str = ""
    """Empty makes one for the app."""
    identity_client_id: str = ""
    """The client id of an Azure identity that the app has by workload identity, and KEDA too."""
    pull_secret: str = ""
    """The Secret with the registry's credentials; empty makes one of the deployment's own login, if it has one."""
    keda: bool = True
    """Does the cluster have KEDA? Without, replicas follow the load of the processor alone."""
    cpu_limit: float | None = None
    """Cores that a replica may take beyond those that are reserved; None is no limit."""
    memory_limit: int | None = None
    """Bytes that a replica may take; None is what is reserved."""
    period_seconds: int = 10
    initial_delay_seconds: int = 310
    """So long a start may take before the container is started again."""
    timeout_seconds: int = 2
    success_threshold: int = 1
    failure_threshold: int = 3
