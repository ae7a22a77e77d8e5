"""The keys of an app's functions in a cluster: a Secret that is made once, mounted where the host looks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from function_host.keys.mounted import FOLDER
from function_host.keys.selection import PATH_SETTING, TYPE_SETTING
from infra.contract import DeploymentSpec, Manifest
from infra.targets.kubernetes_names import made
from infra.targets.kubernetes_secrets import SECRET

HOST_KEY = "host.function.default"
"""The file with the key that opens every function."""
_OTHERWISE = (TYPE_SETTING.lower(), PATH_SETTING.lower())
_VOLUME = "keys"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A value that whoever applies makes where there is none, and keeps where there is one."""


def keys_name(spec: DeploymentSpec) -> str:
    return f"{spec.name}-keys"


def has_keys(spec: DeploymentSpec) -> bool:
    """Are they in a Secret? Not where there are no functions, or the settings say that keys are elsewhere."""
    return bool(spec.image.functions) and not any(name.lower() in _OTHERWISE for name in spec.settings)


def keys_manifest(spec: DeploymentSpec) -> Manifest:
    """The Secret; its values are not in here."""
    names = ["host.master", HOST_KEY, *(f"host.systemKey.{each}_extension" for each in _webhooks(spec))]
    return made(
        spec, SECRET, {"type": "Opaque", "stringData": {each: NewKey() for each in names}}, name=keys_name(spec)
    )


def keys_setting(spec: DeploymentSpec) -> Mapping[str, str]:
    """What has the host read them; both hosts know it."""
    return {TYPE_SETTING: "kubernetes"} if has_keys(spec) else {}


def keys_volume(spec: DeploymentSpec) -> list[dict[str, Any]]:
    return [{"name": _VOLUME, "secret": {"secretName": keys_name(spec)}}] if has_keys(spec) else []


def keys_mount(spec: DeploymentSpec) -> list[dict[str, Any]]:
    return [{"name": _VOLUME, "mountPath": str(FOLDER), "readOnly": True}] if has_keys(spec) else []


def _webhooks(spec: DeploymentSpec) -> list[str]:
    """The extensions that events come to, each by a key of its own."""
    triggers = [each.trigger for each in spec.image.functions]
    grid = any(each.type.lower() == "eventgridtrigger" for each in triggers)
    blobs = any(
        each.type.lower() == "blobtrigger"
        and (each.option("source").lower() == "eventgrid" or each.option("eventQueue"))
        for each in triggers
    )
    return [*(["blobs"] if blobs else []), *(["eventgrid"] if grid else [])]
