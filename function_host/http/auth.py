"""Who may call which route: `x-functions-key` or `?code=` against the host's keys."""

from urllib.parse import parse_qs

from function_host.http.routing import Route
from function_host.keys.ring import ADMIN, ANONYMOUS, KeyRing
from triggers.asgi import Scope

SYSTEM = "system:"
"""Authorization level of a webhook, followed by the name of the system key that opens it."""


class Authorizer:
    """Decides whether a request may pass."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def allows(self, scope: Scope, route: Route) -> bool:
        """Has the request a key for the level that `route` asks for?"""
        if route.auth_level == ANONYMOUS:
            return True
        presented = presented_key(scope)
        if presented is None:
            return False
        if route.auth_level.startswith(SYSTEM) and await self._keys.is_system_key(
            presented, route.auth_level.removeprefix(SYSTEM)
        ):
            return True
        return await self._keys.level(presented, route.function) in (ADMIN, route.auth_level)

    async def is_admin(self, scope: Scope) -> bool:
        """Does the request carry the master key?"""
        presented = presented_key(scope)
        return presented is not None and await self._keys.level(presented, "") == ADMIN


def presented_key(scope: Scope) -> str | None:
    """The key a request carries; the header wins over the query."""
    for name, value in scope["headers"]:
        if name == b"x-functions-key":
            return str(value.decode("latin-1"))
    codes = parse_qs(scope["query_string"].decode("latin-1")).get("code")
    return codes[0] if codes else None
