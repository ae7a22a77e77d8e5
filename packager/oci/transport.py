"""Requests to one registry, authenticated when it asks for it, sent again when it is busy."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from packager.errors import ImageRegistryError
from packager.oci.auth import Authenticator
from packager.oci.connecting import Connections, RegistryAccess
from packager.oci.refusals import refusal, unreachable

Body = bytes | IO[bytes] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: what it is about, for error messages, and the rights that it needs."""

    method: str
    url: str
    """A path below the registry's address, or a URL that the registry gave."""
    scope: str
    doing: str
    """Completes "The registry refuses to": `push m:1`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = None
    stream: bool = False
    """The body of the answer is left to be read by the caller, who closes the answer."""
    again: bool = True
    """May it be sent again when it fails? The caller sees to it otherwise."""


class Transport:
    """Sends calls to one registry; several threads may."""

    def __init__(self, registry: str, access: RegistryAccess) -> None:
        self.registry = registry
        self.access = access
        self._connections = Connections(registry, access)
        self._lock = threading.Lock()
        self._address = ""
        self._authenticator: Authenticator | None = None

    def send(self, call: Call) -> urllib3.BaseHTTPResponse:
        """The answer to a call, whatever its status; a 401 is answered with credentials, once.

        Raises RegistryUnreachable without an answer, AccessRefused when there is nothing to authenticate with.
        """
        authenticator = self._connected()
        url = urljoin(self._address, call.url)
        # Uploads may go to another host, which must not see what is for this one.
        ours = urlsplit(url)[:2] == urlsplit(self._address)[:2]
        response = self._exchange(call, url, authenticator.headers(call.scope) if ours else {})
        if response.status != 401 or not ours:
            return response
        response.drain_conn()
        authenticator.challenged(response.headers.get("WWW-Authenticate", ""), call.scope)
        return self._exchange(call, url, authenticator.headers(call.scope))

    def expect(self, call: Call, *statuses: int) -> urllib3.BaseHTTPResponse:
        """send(), and the error that belongs to any other status."""
        response = self.send(call)
        if response.status not in statuses:
            raise self.refusal(call, response)
        return response

    def refusal(self, call: Call, response: urllib3.BaseHTTPResponse) -> ImageRegistryError:
        """The error for an answer that was not wanted."""
        return refusal(self.registry, call.doing, response, has_credentials=self._connected().has_credentials)

    def _connected(self) -> Authenticator:
        with self._lock:
            if self._authenticator is None:
                self._address = self._connections.address()
                self._authenticator = Authenticator(
                    self.registry,
                    lambda: self.access.credentials_for(self.registry),
                    self._ask_for_token,
                    clear=self._address.startswith("http:"),
                )
            return self._authenticator

    def _ask_for_token(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> urllib3.BaseHTTPResponse:
        call = Call(method=method, url=url, scope="", doing="give a token", headers=headers, body=body)
        return self._exchange(call, url, {})

    def _exchange(self, call: Call, url: str, authorization: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        if call.body is not None and not isinstance(call.body, bytes):
            # A second try after a 401 sends the same bytes.
            call.body.seek(0)
        try:
            return self._connections.pool(url).request(
                call.method,
                url,
                headers={**call.headers, **authorization},
                body=call.body,
                retries=self._connections.retry(again=call.again),
                timeout=self._connections.timeout,
                redirect=call.method in {"GET", "HEAD"},
                preload_content=not call.stream,
            )
        except (HTTPError, OSError) as error:
            raise unreachable(self.registry, error) from error
