"""Where web services run: from what is remembered of one to the deployment that it is."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from infra.config import lent
from infra.contract import Deployment, DeploymentSpec, Secret
from infra.deploying import deploy, specify
from infra.errors import WebserviceFailed
from infra.registry import target_named
from infra.webservices.configuration import GIGABYTE, scale_of, settings_of, size_of
from infra.webservices.records import ServiceRecord

LOCAL, ACI, AKS, AKS_ENDPOINT = "Local", "ACI", "AKS", "AKSENDPOINT"
TARGETS = {LOCAL: "local", ACI: "container_instances", AKS: "kubernetes", AKS_ENDPOINT: "kubernetes"}
"""Compute type -> target."""
KEY_SETTINGS = ("AML_SERVICE_PRIMARY_KEY", "AML_SERVICE_SECONDARY_KEY")
_OPTIONS = {
    "port": "port", "location": "region", "dns_name_label": "dns_label", "namespace": "namespace",
    "period_seconds": "period_seconds", "initial_delay_seconds": "initial_delay_seconds",
    "timeout_seconds": "timeout_seconds", "success_threshold": "success_threshold",
    "failure_threshold": "failure_threshold", "cpu_cores_limit": "cpu_limit", "memory_gb_limit": "memory_limit",
}  # fmt: skip
"""Argument -> option of the target, where the target has it."""
_REFUSED = {
    "ssl_enabled": "put a TLS proxy before it, or deploy the image with the target container_apps, which has TLS",
    "cmk_vault_base_url": "the target makes no encryption keys; set it on the deployed resource",
    "vnet_name": "the target makes no networks; render its documents and add the network",
    "gpu_cores": "render the target's documents and add the accelerator",
}
"""Argument that no target can keep -> what to do instead."""


def specified(record: ServiceRecord, *, with_image: bool = True) -> DeploymentSpec:
    """The service's deployment; raises WebserviceFailed for an argument that cannot be kept, and what specify() does.

    Without its image it is enough to look at it, and to remove it.
    """
    arguments, target = record.arguments, TARGETS[record.compute_type]
    _check(arguments)
    keys: dict[str, str | Secret] = {
        setting: Secret(variable=setting) for setting, _ in zip(KEY_SETTINGS, record.keys, strict=False)
    }
    return specify(
        record.image if with_image else None,
        target,
        name=record.name,
        settings={"SERVICE_NAME": record.name, **settings_of(arguments), **keys},
        size=size_of(arguments),
        scale=scale_of(arguments) if record.compute_type in (AKS, AKS_ENDPOINT) else None,
        tags=record.tags,
        **_options(target, arguments),
    )


def deployed_now(record: ServiceRecord) -> Deployment:
    """Make it run; raises what deploy() does, and WebserviceFailed for an image of functions."""
    with lent(dict(zip(KEY_SETTINGS, record.keys, strict=False))):
        spec = specified(record)
        if spec.image.functions:
            raise WebserviceFailed(
                f"The image {spec.image.reference!r} is no web service: it has the function "
                f"{spec.image.functions[0].name!r}, and no /score. Deploy it with `packager deploy` (infra.deploy), or "
                "make a web service of the model with Model.deploy or a package without triggers."
            )
        return deploy(spec)


def new_keys(compute_type: str, arguments: Mapping[str, Any]) -> Sequence[str]:
    """Those given, else new ones; none where nobody is asked: by default on AKS they are, and elsewhere not."""
    if not arguments.get("auth_enabled", compute_type in (AKS, AKS_ENDPOINT)):
        return ()
    return tuple(arguments.get(f"{each}_key") or secrets.token_urlsafe(24) for each in ("primary", "secondary"))


def _options(target: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    known = {each.name for each in fields(target_named(target).options)}
    found = {_OPTIONS[name]: value for name, value in arguments.items() if _OPTIONS.get(name) in known}
    if "memory_limit" in found:
        found["memory_limit"] = int(found["memory_limit"] * GIGABYTE)
    return found


def _check(arguments: Mapping[str, Any]) -> None:
    for name, instead in _REFUSED.items():
        if arguments.get(name):
            raise WebserviceFailed(f"{name}={arguments[name]!r} cannot be kept: {instead}.")
