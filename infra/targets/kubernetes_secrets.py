"""The app's secrets in a cluster: which settings they are, and the objects that hold them once they are applied."""

from collections.abc import Mapping

from infra.contract import DeploymentSpec, Manifest, Secret
from infra.errors import InvalidDeployment
from infra.targets.kubernetes_names import made
from infra.targets.kubernetes_options import KubernetesOptions

SECRET = "v1/Secret"  # noqa: S105 - a kind
PULL_TYPE = "kubernetes.io/dockerconfigjson"


def secret_settings(spec: DeploymentSpec) -> Mapping[str, Secret]:
    """Setting -> where its value is."""
    return {name: value for name, value in spec.settings.items() if isinstance(value, Secret)}


def secret_name(spec: DeploymentSpec) -> str:
    return f"{spec.name}-settings"


def pull_secret_name(spec: DeploymentSpec, options: KubernetesOptions) -> str:
    """The Secret to pull the image with; empty when it is pulled openly, or by the cluster's own identity."""
    return options.pull_secret or (f"{spec.name}-registry" if spec.registry.username else "")


def secret_manifests(spec: DeploymentSpec, options: KubernetesOptions) -> list[Manifest]:
    """The Secrets that are made from the environment of whoever applies; the values are not in here."""
    found = []
    settings = secret_settings(spec)
    if settings:
        body = {"type": "Opaque", "stringData": dict(settings)}
        found.append(made(spec, SECRET, body, name=secret_name(spec)))
    if spec.registry.username and not options.pull_secret:
        found.append(_pull_secret(spec, options))
    return found


def _pull_secret(spec: DeploymentSpec, options: KubernetesOptions) -> Manifest:
    login = spec.registry
    if login.password is None:
        raise InvalidDeployment(f"The registry's user {login.username!r} has no password; say where it is.")
    server = login.server or spec.image.reference.partition("/")[0]
    body = {"type": PULL_TYPE, "stringData": {"username": login.username, "server": server, "password": login.password}}
    return made(spec, SECRET, body, name=pull_secret_name(spec, options))
