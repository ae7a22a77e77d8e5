"""The node `<entity>/$management`: what clients ask for beside sending and receiving."""

from collections.abc import Callable, Mapping

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.types import Int, Symbol
from infra.emulators.service_bus.broker.queue import Queue
from infra.emulators.service_bus.broker.topic import Subscription, Topic
from infra.emulators.service_bus.message import Message, Properties, value_body
from infra.emulators.service_bus.message_requests import QueueRequests, TargetRequests
from infra.emulators.service_bus.receiving import Desk
from infra.emulators.service_bus.requests import INVALID, Request
from infra.emulators.service_bus.rule_requests import RuleRequests
from infra.emulators.service_bus.session_requests import SessionRequests
from infra.emulators.service_bus.translating import refusals_as_amqp

Operation = Callable[[Request], Mapping[str, object] | None]
"""Answers a request with a map, or with None when there is nothing of what was asked for."""

_OK, _NOTHING, _FAILED = 200, 204, 500
_STATUS = {
    INVALID: 400,
    "amqp:decode-error": 400,
    "amqp:invalid-field": 400,
    "amqp:not-implemented": 501,
    "amqp:unauthorized-access": 401,
    "amqp:not-found": 404,
    "com.microsoft:message-not-found": 404,
    "amqp:not-allowed": 405,
    "com.microsoft:entity-already-exists": 409,
    "com.microsoft:session-cannot-be-locked": 410,
    "com.microsoft:session-lock-lost": 410,
    "com.microsoft:message-lock-lost": 410,
    "amqp:link:message-size-exceeded": 413,
    "amqp:resource-limit-exceeded": 403,
}


class Management:
    """Answers requests about one entity."""

    def __init__(self, entity: Queue | Topic, desk: Desk) -> None:
        self._desk = desk
        self._operations: dict[str, Operation] = dict(TargetRequests(entity).operations())
        if isinstance(entity, Queue):
            self._operations |= QueueRequests(entity).operations() | SessionRequests(entity, desk).operations()
        if isinstance(entity, Subscription):
            self._operations |= RuleRequests(entity).operations()

    def answer(self, message: Message) -> Message:
        """Always an answer: what went wrong is in its status."""
        try:
            with refusals_as_amqp():
                body = self._done(Request.of(message))
        except AmqpError as error:
            status = _STATUS.get(error.condition, _FAILED)
            return _answer(message, status, error.text, condition=error.condition)
        self._desk.touched()
        return _answer(message, _OK, "OK", body=body) if body is not None else _answer(message, _NOTHING, "No content")

    def _done(self, request: Request) -> Mapping[str, object] | None:
        operation = self._operations.get(request.operation)
        if operation is None:
            known = ", ".join(sorted(self._operations))
            text = f"This entity does not know the operation {request.operation!r}; it knows {known}."
            raise AmqpError("amqp:not-implemented", text)
        return operation(request)


def _answer(
    request: Message,
    status: int,
    description: str,
    *,
    body: Mapping[str, object] | None = None,
    condition: str | None = None,
) -> Message:
    about: dict[str, object] = {"statusCode": Int(status), "statusDescription": description}
    if condition is not None:
        about["errorCondition"] = Symbol(condition)
    return Message(
        body=value_body(dict(body or {})),
        properties=Properties(correlation_id=request.properties.message_id),
        application_properties=about,
    )
