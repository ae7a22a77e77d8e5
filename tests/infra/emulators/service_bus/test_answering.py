from infra.emulators.service_bus.amqp.links import IncomingLink, OutgoingLink
from infra.emulators.service_bus.amqp.performatives import Accepted, Attach, Detach, Disposition, Transfer, read
from infra.emulators.service_bus.answering import RequestDesk
from infra.emulators.service_bus.message import Message, Properties, decode, encode, value_body, value_of
from tests.support.amqp_peer import Peer, terminus


class Parrot:
    """One node that says again what it is told."""

    def __init__(self) -> None:
        self._desk = RequestDesk()

    def incoming(self, link: IncomingLink) -> None:
        self._desk.ask_on(link, "node", self.answer)

    def outgoing(self, link: OutgoingLink) -> None:
        self._desk.answer_on(link, "node")

    def answer(self, request: Message) -> Message:
        return Message(body=request.body)


def asked(text: str, reply_to: str | None = None) -> bytes:
    return encode(Message(body=value_body(text), properties=Properties(reply_to=reply_to)))


async def answers(peer: Peer) -> list[tuple[int, object]]:
    """The handle and the text of each."""
    frames = [frame for frame in await peer.frames() if isinstance(frame.body, Transfer)]
    return [(frame.body.handle, value_of(decode(frame.payload))) for frame in frames]


async def test_an_answer_comes_on_the_other_link() -> None:
    peer = await Peer.opened(Parrot())
    peer.attach_sender()
    peer.attach_receiver(credit=5)
    peer.transfer(asked("a"))
    peer.transfer(asked("b"), 1)

    assert await answers(peer) == [(1, "a"), (1, "b")]


async def test_an_answer_waits_for_credit() -> None:
    peer = await Peer.opened(Parrot())
    peer.attach_sender()
    peer.attach_receiver()
    peer.transfer(asked("a"))
    assert await answers(peer) == []
    peer.give(1)

    assert await answers(peer) == [(1, "a")]


async def test_an_answer_goes_where_the_request_says() -> None:
    peer = await Peer.opened(Parrot())
    peer.attach_sender()
    for handle, address in ((1, "mine"), (2, "yours")):
        target = terminus(address, code=0x29)
        peer.say(Attach(name=address, handle=handle, role=True, source=terminus("node"), target=target))
        peer.give(5, handle=handle)
    peer.transfer(asked("a", "mine"))
    peer.transfer(asked("b", "yours"), 1)

    assert await answers(peer) == [(1, "a"), (2, "b")]


async def test_a_request_that_nobody_could_be_answered_is_rejected() -> None:
    peer = await Peer.opened(Parrot())
    peer.attach_sender()
    peer.attach_receiver()
    peer.say(Detach(handle=1, closed=True))
    await peer.heard()
    peer.transfer(asked("a"))
    (said,) = await peer.heard()

    assert isinstance(said, Disposition)
    assert read(said.state).why().condition == "amqp:precondition-failed"


async def test_an_answer_is_settled_by_its_reader() -> None:
    peer = await Peer.opened(Parrot())
    peer.attach_sender()
    peer.attach_receiver(credit=5)
    peer.transfer(asked("a"))
    await peer.heard()
    peer.say(Disposition(role=True, first=0, state=Accepted()))
    (said,) = await peer.heard()

    assert read(said.state) == Accepted()
