"""Credentials for registries: those given, else what Docker's configuration and its credential helpers know."""

import base64
import binascii
import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from packager.config import docker_config
from packager.errors import ImageRegistryError
from packager.oci.reference import DOCKER_HUB

# Docker wrote its hub's credentials under the address of a service that is gone.
_HUB_KEY = "https://index.docker.io/v1/"
_IDENTITY_TOKEN_USER = "<token>"  # noqa: S105 - the name helpers give instead of a user's
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user and a password, or an identity token that a registry's token service exchanges; never shown."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode("ascii")


def docker_credentials(registry: str, folder: Path | None = None) -> Credentials | None:
    """What `docker login REGISTRY` left in `folder` (Docker's own without one), or None.

    A helper for the registry comes first, then the store, then what the file itself says. Raises
    ImageRegistryError when file or helper cannot be used.
    """
    file = (folder or docker_config()) / "config.json"
    settings = _settings(file)
    helpers = settings.get("credHelpers") or {}
    helper = helpers.get(registry) or (helpers.get(_HUB_KEY) if registry == DOCKER_HUB else None)
    helper = helper or settings.get("credsStore")
    found = _from_helper(str(helper), registry, file) if helper else None
    return found or _from_file(settings.get("auths") or {}, registry, file)


def _settings(file: Path) -> Mapping[str, Any]:
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ImageRegistryError(
            f"Docker's configuration {file} cannot be read ({type(error).__name__}); mend it, or point DOCKER_CONFIG "
            "at another folder."
        ) from error
    return settings if isinstance(settings, dict) else {}


def _from_file(auths: Mapping[str, Any], registry: str, file: Path) -> Credentials | None:
    for key, entry in auths.items():
        if _host(key) != registry or not isinstance(entry, dict):
            continue
        token = str(entry.get("identitytoken") or "")
        username, password = str(entry.get("username") or ""), str(entry.get("password") or "")
        if entry.get("auth"):
            username, password = _decoded(str(entry["auth"]), registry, file)
        if token or username:
            return Credentials(username=username, password=password, identity_token=token)
    return None


def _decoded(auth: str, registry: str, file: Path) -> tuple[str, str]:
    try:
        username, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        # No cause: it would show the secret.
        raise ImageRegistryError(
            f"The entry for {registry} in {file} is not the base64 of 'user:password'; run 'docker login "
            f"{registry}' again."
        ) from None
    return username, password.rstrip("\0")


def _host(key: str) -> str:
    """The registry that a key of `auths` is for: with or without scheme and path."""
    if key == _HUB_KEY:
        return DOCKER_HUB
    host = urlsplit(key).netloc if "://" in key else key.partition("/")[0]
    return DOCKER_HUB if host in {"index.docker.io", DOCKER_HUB} else host


def _from_helper(name: str, registry: str, file: Path) -> Credentials | None:
    """Ask `docker-credential-NAME get`; it fails without a word of an error when it knows nothing."""
    program = f"docker-credential-{name}"
    found = shutil.which(program)
    if found is None or "/" in name:
        raise ImageRegistryError(
            f"{file} names the credential helper {program!r} for {registry}, which is not on the PATH; install it, or "
            f"take it out of the file and run 'docker login {registry}'."
        )
    asked = _HUB_KEY if registry == DOCKER_HUB else registry
    try:
        done = subprocess.run(
            [found, "get"], input=asked, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
        if done.returncode and "credentials not found" in done.stdout + done.stderr:
            return None
        answer = json.loads(done.stdout) if not done.returncode else {}
        username, secret = str(answer["Username"]), str(answer["Secret"])
    except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired):
        # No cause: what the helper printed may hold the secret.
        raise ImageRegistryError(
            f"The credential helper {program!r} (named in {file}) gave nothing to log in to {registry} with; see what "
            f"it says: echo {asked} | {program} get"
        ) from None
    if username == _IDENTITY_TOKEN_USER:
        return Credentials(identity_token=secret)
    return Credentials(username=username, password=secret)
