"""Who a connection's links are for: the token node, a management node, or an entity of the namespace."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.links import IncomingLink, OutgoingLink
from infra.emulators.service_bus.answering import RequestDesk
from infra.emulators.service_bus.broker.namespace import Namespace
from infra.emulators.service_bus.broker.queue import Queue
from infra.emulators.service_bus.cbs import Allows, TokenDesk
from infra.emulators.service_bus.management import Management
from infra.emulators.service_bus.receiving import Desk, Opening
from infra.emulators.service_bus.sending import EntitySink
from infra.emulators.service_bus.translating import refusals_as_amqp

_TOKENS = "$cbs"
_MANAGEMENT = "/$management"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What all connections share."""

    namespace: Namespace
    allows: Allows


class Front:
    """Accepts the links of one connection."""

    def __init__(self, house: House, desk: Desk) -> None:
        self._house = house
        self._desk = desk
        self._requests = RequestDesk()
        self._tokens = TokenDesk(house.allows)

    def incoming(self, link: IncomingLink) -> None:
        """The client sends: a token, a request or a message."""
        path = path_of(link.target_address)
        if path == _TOKENS:
            self._requests.ask_on(link, path, self._tokens.answer)
            return
        self._check_token(path)
        with refusals_as_amqp():
            if path.endswith(_MANAGEMENT):
                management = self._management(path)
                self._requests.ask_on(link, path, management.answer)
            else:
                largest = self._house.namespace.config.max_message_bytes
                target = self._house.namespace.entity(path)
                sink = EntitySink(target, max_message_bytes=largest, touched=self._desk.touched)
                link.accept(sink, max_message_size=largest)

    def outgoing(self, link: OutgoingLink) -> None:
        """The client receives: answers or messages."""
        path = path_of(link.source_address)
        if path == _TOKENS:
            self._requests.answer_on(link, path)
            return
        self._check_token(path)
        with refusals_as_amqp():
            if path.endswith(_MANAGEMENT):
                self._management(path)
                self._requests.answer_on(link, path)
            else:
                Opening(self._queue(path), link, self._desk).start()

    def _queue(self, path: str) -> Queue:
        entity = self._house.namespace.entity(path)
        if isinstance(entity, Queue):
            return entity
        text = f"{path!r} is a topic; receive from one of its subscriptions: {path}/Subscriptions/<name>."
        raise AmqpError("amqp:not-allowed", text)

    def _management(self, path: str) -> Management:
        return Management(self._house.namespace.entity(path.removesuffix(_MANAGEMENT)), self._desk)

    def _check_token(self, path: str) -> None:
        if not self._tokens.authorized:
            text = f"No token that this namespace takes was brought to $cbs before the link to {path} was opened."
            raise AmqpError("amqp:unauthorized-access", text)


def path_of(address: str | None) -> str:
    """The entity's path in an address, which may be a whole URI or only the path."""
    if not address:
        raise AmqpError("amqp:invalid-field", "The link names no entity; transactions are not supported.")
    path = urlsplit(address).path if "://" in address else address
    return unquote(path).strip("/")
