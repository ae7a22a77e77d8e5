"""Nodes that answer requests: a link to ask on, a link that the answers go out on."""

from collections import deque
from collections.abc import Callable
from itertools import count

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.links import IncomingLink, Outgoing, OutgoingLink
from infra.emulators.service_bus.amqp.performatives import Accepted, Outcome
from infra.emulators.service_bus.message import Message, decode, encode

Answer = Callable[[Message], Message]


class AnswerBox:
    """Answers that wait until their reader has room for them."""

    def __init__(self, link: OutgoingLink) -> None:
        self._link = link
        self._answers: deque[bytes] = deque()
        self._tags = count()

    def put(self, answer: Message) -> None:
        self._answers.append(encode(answer))
        self._link.pump()

    def next(self) -> Outgoing | None:
        return Outgoing(next(self._tags).to_bytes(8), self._answers.popleft()) if self._answers else None

    def settle(self, tag: bytes, outcome: Outcome) -> Outcome:
        return outcome


class RequestDesk:
    """The request links of one connection, and the boxes that answers go into."""

    def __init__(self) -> None:
        self._boxes: dict[tuple[str, str], AnswerBox] = {}

    def ask_on(self, link: IncomingLink, node: str, answer: Answer) -> None:
        """Opens a link for requests to `node`."""
        link.accept(_Requests(self, node, answer))

    def answer_on(self, link: OutgoingLink, node: str) -> None:
        """Opens a link for answers of `node`."""
        box = AnswerBox(link)
        key = (node, link.target_address or "")
        self._boxes[key] = box

        def closed() -> None:
            if self._boxes.get(key) is box:
                del self._boxes[key]

        link.on_closed = closed
        link.accept(box)

    def box(self, node: str, reply_to: str | None) -> AnswerBox:
        """Where the answer goes: where the request says, or to the newest reader of the node."""
        exact = self._boxes.get((node, reply_to or ""))
        readers = [exact] if exact else [box for (of, _), box in self._boxes.items() if of == node]
        if not readers:
            raise AmqpError("amqp:precondition-failed", f"Nobody reads the answers of {node}; open that link first.")
        return readers[-1]


class _Requests:
    def __init__(self, desk: RequestDesk, node: str, answer: Answer) -> None:
        self._desk = desk
        self._node = node
        self._answer = answer

    def arrived(self, data: bytes, message_format: int) -> Outcome:
        request = decode(data)
        box = self._desk.box(self._node, request.properties.reply_to)
        box.put(self._answer(request))
        return Accepted()
