"""What went wrong with a registry, as errors whose sentences name registry, what was asked, and the way out."""

import json
import ssl
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError

from packager.errors import AccessRefused, ImageRegistryError, NotInRegistry, RegistryUnreachable

_MOST_WORDS = 300


def refusal(
    registry: str, doing: str, response: urllib3.BaseHTTPResponse, *, has_credentials: bool
) -> ImageRegistryError:
    """The error for an answer that is not what was wanted, with the registry's own words; `doing`: "push m:1"."""
    words = _words(response)
    says = f" It says: {words}." if words else ""
    refuses = f"The registry {registry} refuses to {doing} (HTTP {response.status})"
    if response.status in {401, 403}:
        return AccessRefused(f"{refuses}: {_credentials_advice(registry, has_credentials)}.{says}")
    if response.status == 429:
        return AccessRefused(
            f"{refuses}: too many requests, also after several tries; wait, or log in ('docker login {registry}') if "
            f"you did not.{says}"
        )
    if response.status == 404:
        return NotInRegistry(
            f"The registry {registry} cannot {doing}: there is no such thing in it (HTTP 404); check the name and the "
            f"tag, and whether your user may see them.{says}"
        )
    return ImageRegistryError(f"{refuses}; try again later if it is busy, else ask who runs it.{says}")


def unreachable(registry: str, error: BaseException) -> RegistryUnreachable:
    """The error for no answer at all."""
    reason = error.reason if isinstance(error, MaxRetryError) and error.reason is not None else error
    if isinstance(reason, SSLError | ssl.SSLError):
        return RegistryUnreachable(
            f"The certificate of the registry {registry} is not trusted, or it speaks no TLS ({reason}); name the PEM "
            "file of its authority in PACKAGER_CA_FILE, or the registry in PACKAGER_HTTP_REGISTRIES if it has no TLS."
        )
    return RegistryUnreachable(
        f"The registry {registry} cannot be reached or dropped the connection ({reason}); is it up, is its name right, "
        "and is a proxy needed (HTTPS_PROXY, NO_PROXY)?"
    )


def _credentials_advice(registry: str, has_credentials: bool) -> str:
    if has_credentials:
        return "the credentials are wrong or lack that right; give others, or ask who runs it for the right"
    return f"there are no credentials for it; run 'docker login {registry}', or give some"


def _words(response: urllib3.BaseHTTPResponse) -> str:
    """What the registry says: `{"errors": [{"code", "message"}]}`, or the beginning of a text."""
    try:
        data = response.data
    except HTTPError:
        return ""
    try:
        errors: Any = json.loads(data)["errors"]
        said = "; ".join(f"{each.get('code', '')} {each.get('message', '')}".strip() for each in errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        said = data.decode(errors="replace").strip().partition("\n")[0]
    return said[:_MOST_WORDS].rstrip(".")
