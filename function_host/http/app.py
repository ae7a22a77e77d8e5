"""Every answer of the host's port: its own routes, the functions', the probes', and 401, 404 and 503 without one."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from function_host.errors import AppLoadError, ConfigError, KeysReadOnly, KeysUnavailable
from function_host.http.auth import Authorizer
from function_host.http.own_paths import LIVE, METRICS, PROBES, is_hosts
from function_host.http.routing import Match, RouteTable
from function_host.http.webhooks import Webhooks
from function_host.status import HostStatus
from function_host.telemetry.metrics import CONTENT_TYPE
from triggers.asgi import ASGIApp, Receive, Scope, Send
from triggers.http_answer import respond

_log = logging.getLogger("Host.Http")

_PLAIN = [(b"content-type", b"text/plain; charset=utf-8")]
_HTML = [(b"content-type", b"text/html; charset=utf-8")]
_HOMEPAGE = b"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Function app</title></head>
<body><h1>Your function app is up and running</h1></body></html>
"""
_RESERVED = ("admin", "runtime")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRoutes:
    """The Routes of one function: puts its endpoints where they belong, guarded by what they ask for."""

    functions: RouteTable
    own: RouteTable
    webhooks: Webhooks
    prefix: str
    function: str

    def mount(self, template: str, app: ASGIApp, *, methods: Sequence[str], auth_level: str) -> None:
        """Raises AppLoadError for a route that the host keeps for itself or that another function has."""
        if template.strip("/").lower().startswith(_RESERVED):
            raise AppLoadError(
                f"The route {template!r} of function {self.function!r} conflicts with one or more built in routes: "
                "it must not begin with 'admin' or 'runtime'."
            )
        path = "/".join(part for part in (self.prefix, template.strip("/")) if part)
        self.functions.add(path, app, methods=methods, auth_level=auth_level, function=self.function)

    def mount_webhook(self, extension: str, app: ASGIApp) -> None:
        """Serve `app` for this function at /runtime/webhooks/<extension>?functionName=<name>."""
        self.webhooks.add(extension, self.function, app, self.own)


class HttpApp:
    """The ASGI application behind the host's port."""

    def __init__(  # noqa: PLR0913 - one argument per part that tests replace
        self,
        status: HostStatus,
        authorizer: Authorizer,
        *,
        own: RouteTable,
        functions: RouteTable,
        homepage: bool,
        keeps_probes: bool = False,
        metrics: Callable[[], bytes] | None = None,
    ) -> None:
        """Functions win over probes and `metrics` unless the host keeps them: a scoring service answers the rest."""
        self._status = status
        self._authorizer = authorizer
        self._own = own
        self._functions = functions
        self._homepage = homepage
        self._keeps_probes = keeps_probes
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._answer(scope, receive, send)
        except (KeysUnavailable, ConfigError) as error:
            _log.warning("Refused %s %s: %s", scope["method"], scope["path"], error)
            await respond(send, 503, _PLAIN, b"The keys of this host cannot be read now; try again later.")
        except KeysReadOnly as error:
            await respond(send, 409, _PLAIN, str(error).encode())

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        match = await self._match(scope)
        is_free = match is None or self._keeps_probes
        if is_free and path in PROBES:
            await self._probe(scope, send)
        elif is_free and path == METRICS and self._metrics is not None:
            await respond(send, 200, [(b"content-type", CONTENT_TYPE)], self._metrics())
        elif match is None:
            await self._without_route(scope, send)
        elif not await self._authorizer.allows(scope, match.route):
            _log.warning("Refused %s %s: no key for its level, %r.", scope["method"], path, match.route.auth_level)
            await respond(send, 401, [], b"")
        else:
            scope["path_params"] = match.parameters
            await match.route.app(scope, receive, send)

    async def _match(self, scope: Scope) -> Match | None:
        path = scope["path"]
        match = self._own.find(scope["method"], path)
        if match is not None or is_hosts(path):
            return match
        match = self._functions.find(scope["method"], path)
        if match is None or match.route.function in self._status.disabled:
            return await self._admins_match(match, scope)
        return match

    async def _admins_match(self, match: Match | None, scope: Scope) -> Match | None:
        """A disabled function is there for whoever has the master key."""
        return match if match is not None and await self._authorizer.is_admin(scope) else None

    async def _without_route(self, scope: Scope, send: Send) -> None:
        if scope["path"] == "/" and scope["method"] in ("GET", "HEAD"):
            await (respond(send, 200, _HTML, _HOMEPAGE) if self._homepage else respond(send, 204, [], b""))
        elif self._status.is_unconfigured and not is_hosts(scope["path"]):
            await respond(send, 503, _PLAIN, b"Function host is not running.")
        else:
            await respond(send, 404, [], b"")

    async def _probe(self, scope: Scope, send: Send) -> None:
        """Probes need no key and run no function: is the host there, and do all functions take events?

        What is wrong may quote the app's settings and code: the sentences are for whoever has the master key.
        """
        if scope["path"] == LIVE:
            await respond(send, 200, _PLAIN, b"alive")
        elif self._status.is_ready:
            await respond(send, 200, _PLAIN, b"ready")
        else:
            is_admin = await self._authorizer.is_admin(scope)
            reasons = self._status.errors if is_admin else sorted(self._status.failures)
            await respond(send, 503, _PLAIN, "\n".join((self._status.state, *reasons)).encode())


def homepage_enabled(settings: Mapping[str, str]) -> bool:
    """The homepage is there unless AzureWebJobsDisableHomepage is true."""
    return settings.get("AzureWebJobsDisableHomepage", "").lower() != "true"
