"""Who may call which route: `x-functions-key` or `?code=` against the host's keys."""

from urllib.parse import parse_qs

from function_host.http.routing import Route
from function_host.keys import KeyRing
from triggers.asgi import Scope


class Authorizer:
    """Decides whether a request may pass."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def allows(self, scope: Scope, route: Route) -> bool:
        """Has the request a key for the level that `route` asks for?"""
        if route.auth_level == "anonymous":
            return True
        presented = presented_key(scope)
        if presented is None:
            return False
        return self._keys.level(presented, route.function) in ("admin", route.auth_level)

    def is_admin(self, scope: Scope) -> bool:
        """Does the request carry the master key?"""
        presented = presented_key(scope)
        return presented is not None and self._keys.level(presented, "") == "admin"


def presented_key(scope: Scope) -> str | None:
    """The key a request carries; the header wins over the query."""
    for name, value in scope["headers"]:
        if name == b"x-functions-key":
            return str(value.decode("latin-1"))
    codes = parse_qs(scope["query_string"].decode("latin-1")).get("code")
    return codes[0] if codes else None
