"""What a cluster would refuse, or take and do something else with."""

import re
from collections.abc import Mapping

from infra.contract import DeploymentSpec, Secret
from infra.errors import InvalidDeployment
from infra.targets.kubernetes_options import KubernetesOptions

_TAG = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_TAG_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_HOST = re.compile(r"(\*\.)?([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*")
_SETTING = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYS = re.compile(r"(AccountKey|SharedAccessKey|[?&;]sig)=|://[^/@:\s]+:[^/@\s]+@", re.IGNORECASE)
_LOCAL = ("folder:", "UseDevelopmentStorage", "127.0.0.1", "//localhost", "UseDevelopmentEmulator")
_NO_IMAGE = ("oci:", "archive:")
_LEAST: Mapping[str, int] = {
    "period_seconds": 1, "timeout_seconds": 1, "success_threshold": 1, "failure_threshold": 1,
    "initial_delay_seconds": 0,
}  # fmt: skip


def check(spec: DeploymentSpec, options: KubernetesOptions) -> None:
    """Raise InvalidDeployment for the first thing that is wrong, with its name."""
    if spec.image.reference.startswith(_NO_IMAGE):
        raise InvalidDeployment(
            f"The image {spec.image.reference!r} is a file of this machine, which no cluster pulls; publish it to a "
            "registry and deploy what came back."
        )
    _check_tags(spec.tags)
    if options.hostname and not _HOST.fullmatch(options.hostname):
        raise InvalidDeployment(f"The hostname {options.hostname!r} is none; write it as in 'models.example.com'.")
    for name, least in _LEAST.items():
        if getattr(options, name) < least:
            raise InvalidDeployment(f"{name}={getattr(options, name)} is too small; it is {least} or more.")
    _check_limits(spec, options)
    for name, setting in spec.settings.items():
        _check_setting(name, setting)
    if spec.registry.password is not None:
        _check_variable("The registry's password", spec.registry.password)


def _check_tags(tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        if not _TAG.fullmatch(key) or not _TAG_VALUE.fullmatch(value):
            raise InvalidDeployment(f"The tag {key!r} with the value {value!r} is no label of Kubernetes.")


def _check_limits(spec: DeploymentSpec, options: KubernetesOptions) -> None:
    if options.cpu_limit is not None and options.cpu_limit < (spec.size.cpu or 0.1):
        raise InvalidDeployment(f"cpu_limit={options.cpu_limit} is less than the cores that are reserved.")
    if options.memory_limit is not None and options.memory_limit < (spec.size.memory or 512 * 2**20):
        raise InvalidDeployment(f"memory_limit={options.memory_limit} is less than the memory that is reserved.")


def _check_setting(name: str, value: str | Secret) -> None:
    if not _SETTING.fullmatch(name):
        raise InvalidDeployment(f"{name!r} cannot be the name of a setting: letters, digits, '_', '-' and '.' alone.")
    if isinstance(value, Secret):
        _check_variable(f"The setting {name!r}", value)
    elif _KEYS.search(value):
        raise InvalidDeployment(
            f"The setting {name!r} holds a key, which would stand in the documents for everybody to read. Give it as a "
            "secret: --secret NAME=VARIABLE, or Secret(variable=...)."
        )
    elif any(word.lower() in value.lower() for word in _LOCAL):
        raise InvalidDeployment(f"The setting {name!r} points at this machine, where the pods are not.")


def _check_variable(what: str, value: Secret) -> None:
    if not value.variable:
        raise InvalidDeployment(
            f"{what} is in a vault ({value.vault_uri}), which Kubernetes does not read by itself. Name an environment "
            "variable that holds it when it is applied, or have the vault's driver write a Secret."
        )
    if not _VARIABLE.fullmatch(value.variable):
        raise InvalidDeployment(f"{what} names {value.variable!r}, which is no environment variable.")
