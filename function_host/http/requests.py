"""Small JSON answers of the host's own routes."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from triggers.asgi import ASGIApp, Receive, Scope, Send
from triggers.http_answer import respond
from triggers.http_body import BodyTooLarge, ClientGone, SpooledBody, read_body

_LARGEST_BODY = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRequest:
    """A request to one of the host's own routes."""

    method: str
    base_url: str
    parameters: Mapping[str, str]
    body: bytes

    def json_object(self) -> Mapping[str, object] | None:
        """The body as a JSON object; None when it is not one."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return None
        return document if isinstance(document, dict) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAnswer:
    """Status, and a JSON document unless it is None."""

    status: int = 200
    document: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


OwnHandler = Callable[[OwnRequest], Awaitable[OwnAnswer]]


def own_route(handler: OwnHandler) -> ASGIApp:
    """The ASGI app that answers with `handler`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(receive, _LARGEST_BODY)
        except BodyTooLarge:
            await respond(send, 413, [], b"")
            return
        except ClientGone:
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        request = OwnRequest(
            method=scope["method"],
            base_url=f"{scope['scheme']}://{headers.get('host', 'localhost')}",
            parameters=scope.get("path_params", {}),
            body=body.read() if isinstance(body, SpooledBody) else body,
        )
        answer = await handler(request)
        told = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
        if answer.document is None:
            await respond(send, answer.status, told, b"")
            return
        body = json.dumps(answer.document).encode()
        await respond(send, answer.status, [*told, (b"content-type", b"application/json; charset=utf-8")], body)

    return app
