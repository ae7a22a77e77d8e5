"""Kubernetes with KEDA: as many pods as there is work for."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import yaml

from infra.contract import DeploymentSpec, Manifest, Secret
from infra.targets import kubernetes_network as network
from infra.targets.kubernetes_names import made, options_in
from infra.targets.kubernetes_options import KubernetesOptions
from infra.targets.kubernetes_pods import app_settings, pods, service_account
from infra.targets.kubernetes_scaling import limits, scalers
from infra.targets.kubernetes_secrets import PULL_TYPE, SECRET, secret_manifests

_NAMESPACE = "v1/Namespace"


class Kubernetes:
    """Objects of a namespace in any cluster."""

    name: ClassVar[str] = "kubernetes"
    platform: ClassVar[str] = "kubernetes"
    options: ClassVar[type] = KubernetesOptions

    def render(self, spec: DeploymentSpec) -> Sequence[Manifest]:
        """Namespace, account, Secrets, network, pods and what scales them; raises InvalidDeployment."""
        options = options_in(spec)
        settings = app_settings(spec)
        wanted = limits(spec, options, settings)
        scaling = scalers(spec, options, settings, wanted)
        return [
            *([made(spec, _NAMESPACE, {}, name=options.namespace)] if options.create_namespace else []),
            *([service_account(spec, options)] if not options.service_account else []),
            *secret_manifests(spec, options),
            network.network_policy(spec),
            network.service(spec),
            pods(spec, options, settings, replicas=None if scaling else wanted.min_replicas),
            network.disruption_budget(spec),
            *scaling,
            *([network.ingress(spec, options)] if options.hostname else []),
        ]

    def export(self, spec: DeploymentSpec) -> Mapping[str, str]:
        """One YAML file of all objects but the Secrets, and a script that makes those."""
        manifests = self.render(spec)
        secrets = [each for each in manifests if each.kind == SECRET]
        objects = [each.body for each in manifests if each.kind != SECRET]
        text = yaml.safe_dump_all(objects, sort_keys=False, width=1000)
        script = _script(spec, secrets)
        return {f"{spec.name}.yaml": text, **({"create-secrets.sh": script} if secrets else {})}


def _script(spec: DeploymentSpec, secrets: Sequence[Manifest]) -> str:
    variables = sorted({value.variable for each in secrets for value in _secrets_in(each)})
    where = f"--namespace {shlex.quote(options_in(spec).namespace)}"
    lines = [
        "#!/usr/bin/env bash",
        f"# Makes the Secrets of {spec.name}, or makes them anew; their values come from the environment.",
        "set -euo pipefail",
        *(f': "${{{name}:?set it to the secret}}"' for name in variables),
        "",
    ]
    for each in secrets:
        lines += [
            f"kubectl create secret {_how(each.body)} {where} --dry-run=client --output yaml \\",
            "  | kubectl apply --filename -",
        ]
    return "\n".join(lines) + "\n"


def _how(body: Mapping[str, Any]) -> str:
    name, data = body["metadata"]["name"], body["stringData"]
    if body["type"] == PULL_TYPE:
        flags = {
            "--docker-server": data["server"],
            "--docker-username": data["username"],
            "--docker-password": data["password"],
        }
        kind = "docker-registry"
    else:
        flags = {f"--from-literal={key}": value for key, value in data.items()}
        kind = "generic"
    return " \\\n    ".join([f"{kind} {name}", *(f"{flag}={_text(value)}" for flag, value in flags.items())])


def _text(value: str | Secret) -> str:
    return f'"${{{value.variable}}}"' if isinstance(value, Secret) else shlex.quote(value)


def _secrets_in(manifest: Manifest) -> list[Secret]:
    return [value for value in manifest.body["stringData"].values() if isinstance(value, Secret)]


target = Kubernetes()
