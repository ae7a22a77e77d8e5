"""Prove to a registry who asks: basic credentials, or bearer tokens from the token service that it names."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from packager.errors import AccessRefused, ImageRegistryError
from packager.oci.challenges import Challenge, parse_challenges
from packager.oci.credentials import Credentials

# What the specification says of tokens that do not say how long they are good for.
_DEFAULT_LIFE = 60.0
_SHARE_OF_LIFE = 0.9


class TokenResponse(Protocol):
    """The answer of a token service."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def data(self) -> bytes:
        """The whole body."""
        ...


TokenRequest = Callable[[str, str, Mapping[str, str], bytes | None], TokenResponse]
"""Sends (method, url, headers, body) and returns the answer, whatever its status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    text: str = field(repr=False)
    good_until: float


class Authenticator:
    """The Authorization header for one registry; tokens are kept until shortly before they expire.

    `credentials` is asked once, when the registry wants some. May be used by several threads.
    """

    def __init__(
        self, registry: str, credentials: Callable[[], Credentials | None], send: TokenRequest, *, clear: bool
    ) -> None:
        """`clear`: the registry itself is spoken to without TLS, so its token service may be too."""
        self._registry = registry
        self._ask = credentials
        self._send = send
        self._clear = clear
        self._asked = False
        self._credentials: Credentials | None = None
        self._challenge: Challenge | None = None
        self._tokens: dict[str, _Token] = {}
        self._lock = threading.Lock()

    def headers(self, scope: str) -> Mapping[str, str]:
        """What to send along with a request for `scope`; nothing before the registry asked for it."""
        with self._lock:
            if self._challenge is None:
                return {}
            if self._challenge.scheme == "basic":
                return {"Authorization": self._basic()}
            token = self._tokens.get(scope)
            if token is None or token.good_until < time.monotonic():
                token = self._tokens[scope] = self._fetched(self._challenge, scope)
            return {"Authorization": f"Bearer {token.text}"}

    def challenged(self, header: str, scope: str) -> None:
        """Take in what a 401 asked for and forget the token that it refused; raises AccessRefused if that is final."""
        known = {each.scheme: each for each in reversed(parse_challenges(header))}
        chosen = known.get("bearer") or known.get("basic")
        if chosen is None:
            raise AccessRefused(
                f"The registry {self._registry} wants to be authenticated to in a way that is not supported: "
                f"{', '.join(known) or 'it does not say how'}; basic and bearer are."
            )
        with self._lock:
            self._challenge = chosen
            self._tokens.pop(scope, None)

    @property
    def has_credentials(self) -> bool:
        """Whether anybody gave or stored credentials for the registry."""
        return self._known() is not None

    def _known(self) -> Credentials | None:
        if not self._asked:
            self._credentials, self._asked = self._ask(), True
        return self._credentials

    def _basic(self) -> str:
        credentials = self._known()
        if credentials is None:
            raise AccessRefused(
                f"The registry {self._registry} asks for a user and a password, and there are none; run "
                f"'docker login {self._registry}', or give credentials."
            )
        return credentials.basic

    def _fetched(self, challenge: Challenge, scope: str) -> _Token:
        realm = challenge.parameters.get("realm", "")
        self._check_realm(realm)
        asked_at = time.monotonic()
        response = self._request(realm, challenge, scope)
        service = urlsplit(realm).netloc
        if response.status in {401, 403}:
            whose = "these credentials" if self.has_credentials else "anonymous requests"
            raise AccessRefused(
                f"The token service {service} of the registry {self._registry} refuses {whose} (HTTP "
                f"{response.status}); run 'docker login {self._registry}', or give other credentials."
            )
        if response.status != 200:
            raise ImageRegistryError(
                f"The token service {service} of the registry {self._registry} gave no token (HTTP {response.status}); "
                "try again later."
            )
        return _token(response.data, asked_at, f"The token service {service} of the registry {self._registry}")

    def _check_realm(self, realm: str) -> None:
        scheme = urlsplit(realm).scheme
        if scheme == "https" or (scheme == "http" and self._clear):
            return
        raise AccessRefused(
            f"The registry {self._registry} names a token service that is not reached by https ({realm!r}); "
            "credentials are not sent there."
        )

    def _request(self, realm: str, challenge: Challenge, scope: str) -> TokenResponse:
        fields = {"service": challenge.parameters.get("service", ""), "scope": scope}
        credentials = self._known()
        if credentials is not None and credentials.identity_token:
            form = {"grant_type": "refresh_token", "refresh_token": credentials.identity_token, "client_id": "packager"}
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._send("POST", realm, headers, urlencode({**fields, **form}).encode())
        headers = {"Authorization": credentials.basic} if credentials is not None else {}
        # Several scopes go into fields of their own.
        query = [("service", fields["service"]), *(("scope", each) for each in scope.split())]
        joint = "&" if urlsplit(realm).query else "?"
        return self._send("GET", realm + joint + urlencode([pair for pair in query if pair[1]]), headers, None)


def _token(data: bytes, asked_at: float, service: str) -> _Token:
    try:
        answer = json.loads(data)
        text = answer.get("token") or answer["access_token"]
        life = float(answer.get("expires_in") or _DEFAULT_LIFE)
    except (ValueError, KeyError, TypeError, AttributeError):
        # No cause: the answer may hold a token.
        raise ImageRegistryError(f"{service} answered with something that holds no token.") from None
    return _Token(text=str(text), good_until=asked_at + life * _SHARE_OF_LIFE)
