"""Connections to one registry: certificates, proxies, and whether it is spoken to with TLS."""

import ssl
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError
from urllib3.util import Retry, Timeout

from packager import config
from packager.errors import ImageRegistryError
from packager.oci.credentials import Credentials, docker_credentials
from packager.oci.reference import DOCKER_HUB
from packager.oci.refusals import unreachable

_HUB_HOST = "index.docker.io"
_LOOPBACK = ("localhost", "127.", "[::1]", "::1")
_BUSY = frozenset({429, 500, 502, 503, 504})
_LONGEST_WAIT = 60
# It counts for sending, too.
_PATIENCE_TO_CONNECT = 30.0
_TRIES_TO_CONNECT = 2
_REDIRECTS = 5
_CONNECTIONS = 4
_PLAIN_REQUEST_TO_TLS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAccess:
    """How registries are reached; what is not given comes from the environment and Docker's configuration."""

    credentials: Credentials | None = None
    """For every registry this is used with; None takes those of `docker login`."""
    stored: Callable[[str], Credentials | None] = docker_credentials
    """Where credentials of a registry are looked up that were not given."""
    ca_file: Path | None = field(default_factory=config.registry_ca_file)
    """PEM certificates to trust beside the system's."""
    http: frozenset[str] = field(default_factory=config.http_registries)
    """Registries (`host:port`) that may be spoken to without TLS; those on the loopback always may."""
    tries: int = 4
    """How often a request is sent again when the registry is busy, fails or drops the connection."""
    backoff: float = 0.5
    """Seconds before the second try, doubled with every further one; Retry-After counts more, up to a minute."""
    timeout: float = 60.0
    """Seconds without a byte."""

    def credentials_for(self, registry: str) -> Credentials | None:
        """Those given, else those stored for the registry."""
        return self.credentials or self.stored(registry)


class Connections:
    """Pools of connections to a registry and to where it sends us: token services, stores of blobs."""

    def __init__(self, registry: str, access: RegistryAccess) -> None:
        """Raises ImageRegistryError for certificates that cannot be read."""
        self._registry = registry
        self._access = access
        self._context = _trusted(access.ca_file)
        self._direct = urllib3.PoolManager(maxsize=_CONNECTIONS, ssl_context=self._context)
        self._proxies: dict[str, urllib3.PoolManager] = {}

    def address(self) -> str:
        """Where the registry answers: `https://host/`, or http if it may and does; raises RegistryUnreachable."""
        host = _HUB_HOST if self._registry == DOCKER_HUB else self._registry
        if not (self._registry.startswith(_LOOPBACK) or self._registry in self._access.http):
            return f"https://{host}/"
        return f"{'http' if self._answers_without_tls() else 'https'}://{host}/"

    def pool(self, url: str) -> urllib3.PoolManager:
        """Connections for a URL, through the proxy that the environment names for it."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        proxy = urllib.request.getproxies().get(parts.scheme)
        if not proxy or host.startswith(_LOOPBACK) or urllib.request.proxy_bypass(host):
            return self._direct
        if proxy not in self._proxies:
            self._proxies[proxy] = _proxied(proxy, self._context)
        return self._proxies[proxy]

    def retry(self, *, again: bool) -> Retry:
        """How patient a request is; one that may not be sent again is not."""
        tries = self._access.tries if again else 0
        return Retry(
            total=None,
            connect=min(tries, _TRIES_TO_CONNECT),
            read=tries,
            status=tries,
            # A certificate that is not trusted is not trusted the next time either.
            other=0,
            redirect=_REDIRECTS,
            allowed_methods=None,
            status_forcelist=_BUSY if again else (),
            backoff_factor=self._access.backoff,
            raise_on_status=False,
            retry_after_max=_LONGEST_WAIT,
        )

    @property
    def timeout(self) -> Timeout:
        """For each request."""
        return Timeout(connect=min(self._access.timeout, _PATIENCE_TO_CONNECT), read=self._access.timeout)

    def _answers_without_tls(self) -> bool:
        url = f"http://{self._registry}/v2/"
        # One that speaks TLS may drop the connection, as a bad line does: but it does so each time.
        patience = self.retry(again=True).new(read=2, backoff_factor=0, status_forcelist=())
        try:
            answer = self.pool(url).request("GET", url, retries=patience, timeout=self.timeout)
        except HTTPError as error:
            reason = error.reason if isinstance(error, MaxRetryError) else error
            if isinstance(reason, NewConnectionError):
                raise unreachable(self._registry, error) from error
            return False
        return answer.status != _PLAIN_REQUEST_TO_TLS


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:
            raise ImageRegistryError(
                f"The certificates to trust, {ca_file}, cannot be read as PEM ({error}); correct PACKAGER_CA_FILE."
            ) from error
    return context


def _proxied(proxy: str, context: ssl.SSLContext) -> urllib3.PoolManager:
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    login = f"{parts.username}:{parts.password or ''}" if parts.username else None
    host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    return urllib3.ProxyManager(
        f"{parts.scheme}://{host}",
        proxy_headers=urllib3.make_headers(proxy_basic_auth=login),
        ssl_context=context,
        maxsize=_CONNECTIONS,
    )
