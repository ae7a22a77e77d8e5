"""The commands that make a function app or a web app of its manifest."""

import json
from typing import Any

from infra.contract import Manifest
from infra.rendering.az_shell import Shell, common, place, word
from infra.resources.expressions import Concat, Expression, ResourceId
from infra.resources.kinds import name_of

_URL = "DOCKER_REGISTRY_SERVER_URL"
_USER = "DOCKER_REGISTRY_SERVER_USERNAME"
_PASSWORD = "DOCKER_REGISTRY_SERVER_PASSWORD"  # noqa: S105 - the name of a setting
_STORAGE = "AzureWebJobsStorage"
_OF_THE_COMMAND = (
    _STORAGE,
    "AzureWebJobsDashboard",
    "MACHINEKEY_DecryptionKey",
    "DOCKER_CUSTOM_IMAGE_NAME",
    _URL,
    _USER,
    _PASSWORD,
)
_OF_CONFIG_SET = ("linuxFxVersion", "appSettings", "alwaysOn", "minTlsVersion", "ftpsState", "http20Enabled")


def function_app(shell: Shell, manifest: Manifest, storage: str) -> None:
    """A function app from its image; `storage` is an account that the command insists on."""
    settings = _settings(manifest)
    flags = {
        **place(shell, manifest),
        "plan": _plan(manifest),
        "storage-account": storage,
        "functions-version": "4",
        "image": _image(manifest),
        "assign-identity": _identity(manifest),
        "https-only": "true",
        "disable-app-insights": "true",
        "tags": common(manifest)["tags"],
    }
    shell.run("functionapp create", flags)
    _finish(shell, manifest, "functionapp")
    registry = {
        "registry-server": settings.get(_URL),
        "registry-username": settings.get(_USER),
        "registry-password": settings.get(_PASSWORD),
    }
    shell.run("functionapp config container set", {**place(shell, manifest), "image": _image(manifest), **registry})
    # The commands put keys of account and registry, and more that the app does not need, among the settings.
    left = [name for name in _OF_THE_COMMAND if name not in settings]
    shell.run("functionapp config appsettings delete", {**place(shell, manifest), "setting-names": left})


def web_app(shell: Shell, manifest: Manifest) -> None:
    """A web app from its image."""
    settings = _settings(manifest)
    flags = {
        **place(shell, manifest),
        "plan": _plan(manifest),
        "container-image-name": _image(manifest),
        "container-registry-user": settings.get(_USER),
        "container-registry-password": settings.get(_PASSWORD),
        "assign-identity": _identity(manifest),
        "https-only": "true",
        "tags": common(manifest)["tags"],
    }
    shell.run("webapp create", flags)
    _finish(shell, manifest, "webapp")


def _finish(shell: Shell, manifest: Manifest, command: str) -> None:
    """All that the command which creates does not say."""
    said = _config(manifest)
    settings = {"settings": "@-"}
    shell.run(f"{command} config appsettings set", {**place(shell, manifest), **settings}, document=_settings(manifest))
    flags = {
        "always-on": word(said["alwaysOn"]),
        "min-tls-version": said["minTlsVersion"],
        "ftps-state": said["ftpsState"],
        "http20-enabled": word(said["http20Enabled"]),
        "generic-configurations": _generic(said),
    }
    shell.run(f"{command} config set", {**place(shell, manifest), **flags})
    properties = manifest.body["properties"]
    updates: list[Expression | str] = [f"clientAffinityEnabled={word(properties['clientAffinityEnabled'])}"]
    if who := properties.get("keyVaultReferenceIdentity"):
        updates.append(Concat(parts=("keyVaultReferenceIdentity=", who)))
    shell.run(f"{command} update", {**place(shell, manifest), "set": updates})


def _generic(said: Any) -> Expression:
    parts: list[Expression | str] = []
    for name, value in said.items():
        if name in _OF_CONFIG_SET:
            continue
        before = ", " if parts else "{"
        known = isinstance(value, str | bool | int)
        parts += [f'{before}"{name}": '] + ([json.dumps(value)] if known else ['"', value, '"'])
    return Concat(parts=(*parts, "}"))


def _settings(manifest: Manifest) -> dict[str, Any]:
    return {each["name"]: each["value"] for each in _config(manifest)["appSettings"]}


def _config(manifest: Manifest) -> Any:
    return manifest.body["properties"]["siteConfig"]


def _image(manifest: Manifest) -> str:
    return str(_config(manifest)["linuxFxVersion"]).removeprefix("DOCKER|")


def _plan(manifest: Manifest) -> str:
    return name_of(manifest.body["properties"]["serverFarmId"].address)


def _identity(manifest: Manifest) -> ResourceId | None:
    return next(iter(manifest.body.get("identity", {}).get("userAssignedIdentities", {})), None)
