"""One address per extension, `/runtime/webhooks/<extension>`; `?functionName=` tells its functions apart."""

from collections.abc import Sequence
from urllib.parse import parse_qs

from function_host.http.auth import SYSTEM
from function_host.http.routing import RouteTable
from triggers.asgi import ASGIApp, Receive, Scope, Send
from triggers.http_answer import respond

_LONG_NAME = "host.functions."


class Webhooks:
    """The webhooks that functions mounted."""

    def __init__(self) -> None:
        self._extensions: dict[str, dict[str, ASGIApp]] = {}

    @property
    def system_keys(self) -> Sequence[str]:
        """The names of the system keys that open them."""
        return [_key_name(extension) for extension in self._extensions]

    def add(self, extension: str, function: str, app: ASGIApp, own: RouteTable) -> None:
        """Have `app` answer for `function`; the extension's address appears with its first function."""
        if extension not in self._extensions:
            self._extensions[extension] = {}
            own.add(
                f"runtime/webhooks/{extension}",
                self._dispatching(extension),
                methods=(),
                auth_level=SYSTEM + _key_name(extension),
                function="",
            )
        self._extensions[extension][function.lower()] = app

    def _dispatching(self, extension: str) -> ASGIApp:
        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            asked = parse_qs(scope["query_string"].decode("latin-1")).get("functionName", [""])[0]
            app = self._extensions[extension].get(asked.lower().removeprefix(_LONG_NAME))
            if app is None:
                await respond(send, 404, [], f"cannot find function: '{asked}'".encode())
            else:
                await app(scope, receive, send)

        return dispatch


def _key_name(extension: str) -> str:
    return f"{extension}_extension"
