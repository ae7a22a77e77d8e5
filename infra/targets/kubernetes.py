"""Kubernetes with KEDA: as many pods as there is work for."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import yaml

from infra.contract import DeploymentSpec, Manifest, Secret
from infra.targets import kubernetes_network as network
from infra.targets.kubernetes_checks import check
from infra.targets.kubernetes_keys import NewKey, has_keys, keys_manifest, keys_setting
from infra.targets.kubernetes_names import MANAGER, made, options_in
from infra.targets.kubernetes_options import KubernetesOptions
from infra.targets.kubernetes_pods import app_settings, pods, service_account
from infra.targets.kubernetes_scaling import limits, scalers
from infra.targets.kubernetes_secrets import PULL_TYPE, SECRET, secret_manifests

_NAMESPACE = "v1/Namespace"
_APPLY = f"kubectl apply --server-side --force-conflicts --field-manager {MANAGER} --filename - <<END"


class Kubernetes:
    """Objects of a namespace in any cluster."""

    name: ClassVar[str] = "kubernetes"
    platform: ClassVar[str] = "kubernetes"
    options: ClassVar[type] = KubernetesOptions

    def render(self, spec: DeploymentSpec) -> Sequence[Manifest]:
        """Namespace, account, Secrets, network, pods and what scales them; raises InvalidDeployment."""
        options = options_in(spec)
        check(spec, options)
        settings = app_settings(spec, own=keys_setting(spec))
        wanted = limits(spec, options, settings)
        scaling = scalers(spec, options, settings, wanted)
        return [
            *([made(spec, _NAMESPACE, {}, name=options.namespace)] if options.create_namespace else []),
            *([service_account(spec, options)] if not options.service_account else []),
            *secret_manifests(spec, options),
            *([keys_manifest(spec)] if has_keys(spec) else []),
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
        text = yaml.dump_all(objects, Dumper=_WholeDumper, sort_keys=False, width=1000)
        script = _script(spec, secrets)
        return {f"{spec.name}.yaml": text, **({"create-secrets.sh": script} if secrets else {})}


class _WholeDumper(yaml.SafeDumper):
    """Writes what comes twice twice: people read references badly, and some tools not at all."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _script(spec: DeploymentSpec, secrets: Sequence[Manifest]) -> str:
    """By standard input: arguments are seen by everybody on the machine. On the server's side, which keeps no copy."""
    variables = sorted({value.variable for each in secrets for value in _secrets_in(each)})
    given = [each for each in secrets if not _is_made_once(each)]
    lines = [
        "#!/usr/bin/env bash",
        f"# Makes the Secrets of {spec.name}, or makes them anew; their values come from the environment.",
        "# Keys of functions are made once.",
        "set -euo pipefail",
        *(f': "${{{name}:?set it to the secret}}"' for name in variables),
        """encoded() { printf %s "$1" | base64 | tr -d '\\n'; }""",
        """new_key() { head -c 40 /dev/urandom | base64 | tr -d '\\n' | tr '+/' '-_'; }""",
    ]
    for each in given:
        lines += ["", *_applied(each, _texts(each.body))]
    for each in secrets:
        if _is_made_once(each):
            lines += ["", *_made_once(each)]
    return "\n".join(lines) + "\n"


def _made_once(manifest: Manifest) -> list[str]:
    found = f"kubectl get secret/{manifest.name} --namespace {manifest.body['metadata']['namespace']}"
    return [
        f'there="$({found} --ignore-not-found --output name)"',
        'if [ -z "$there" ]; then',
        *_applied(
            manifest,
            dict.fromkeys(manifest.body["stringData"], '"$(new_key)"'),
            # One that somebody made meanwhile is as good.
            f"kubectl create --filename - <<END || {found} --output name",
        ),
        "fi",
    ]


def _applied(manifest: Manifest, texts: Mapping[str, str], command: str = _APPLY) -> list[str]:
    """Values first: a command that fails inside the document would not end the script, and leave a value empty."""
    body = {key: value for key, value in manifest.body.items() if key != "stringData"}
    values = []
    for index, text in enumerate(texts.values()):
        values += [f"text={text}", f'value_{index}="$(encoded "$text")"']
    return [
        *values,
        command,
        yaml.safe_dump(body, sort_keys=False, width=1000).rstrip(),
        "data:",
        *(f'  {key}: "$value_{index}"' for index, key in enumerate(texts)),
        "END",
    ]


def _is_made_once(manifest: Manifest) -> bool:
    return any(isinstance(value, NewKey) for value in manifest.body["stringData"].values())


def _texts(body: Mapping[str, Any]) -> Mapping[str, str]:
    """Key of the Secret -> what the shell makes its text of."""
    data = body["stringData"]
    if body["type"] != PULL_TYPE:
        return {key: f'"${{{value.variable}}}"' for key, value in data.items()}
    server = json.dumps({"auths": {data["server"]: {"auth": "@"}}})
    before, after = (shlex.quote(part) for part in server.split("@"))
    known = f'{shlex.quote(data["username"] + ":")}"${{{data["password"].variable}}}"'
    return {".dockerconfigjson": f'"$(encoded {known})"\ntext={before}"$text"{after}'}


def _secrets_in(manifest: Manifest) -> list[Secret]:
    return [value for value in manifest.body["stringData"].values() if isinstance(value, Secret)]


target = Kubernetes()
