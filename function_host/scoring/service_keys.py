"""The keys of a plain web service, which its callers show as `Authorization: Bearer <key>`."""

import hmac
import os
from collections.abc import Mapping

import azure.functions as func

from function_host.scoring import answers

SETTINGS = ("AML_SERVICE_PRIMARY_KEY", "AML_SERVICE_SECONDARY_KEY")
"""Either may be left out; without both everybody is answered."""
_SCHEME = "bearer "


class ServiceKeys:
    """Decides who is answered."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        """`settings` is this process's environment by default."""
        given = os.environ if settings is None else settings
        self._keys = [given[name].encode() for name in SETTINGS if given.get(name)]

    def refusal(self, request: func.HttpRequest) -> func.HttpResponse | None:
        """401 for a request without one of the keys; None for one that may pass."""
        if not self._keys:
            return None
        shown = request.headers.get("Authorization") or ""
        key = shown[len(_SCHEME) :].strip().encode() if shown.lower().startswith(_SCHEME) else b""
        if any(hmac.compare_digest(key, each) for each in self._keys):
            return None
        return answers.message("The request needs one of the service's keys: 'Authorization: Bearer <key>'.", 401)
