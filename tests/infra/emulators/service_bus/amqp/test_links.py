import pytest

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.links import IncomingLink, Outgoing, OutgoingLink
from infra.emulators.service_bus.amqp.performatives import (
    Accepted,
    Attach,
    Close,
    Detach,
    Disposition,
    Error,
    Flow,
    Transfer,
    read,
    read_as,
)
from infra.emulators.service_bus.amqp.types import Described, ULong
from tests.support.amqp_peer import Peer, terminus


class Node:
    """Accepts every link, unless told otherwise; takes and has messages."""

    def __init__(self, *messages: bytes, refuses: AmqpError | None = None, waits: bool = False) -> None:
        self.messages = list(messages)
        self.refuses = refuses
        self.waits = waits
        self.taken: list[tuple[bytes, int]] = []
        self.settled: list[tuple[bytes, object]] = []
        self.closed = 0
        self.link: IncomingLink | OutgoingLink | None = None

    def incoming(self, link: IncomingLink) -> None:
        self._open(link)
        link.accept(self, max_message_size=99)

    def outgoing(self, link: OutgoingLink) -> None:
        self._open(link)
        if not self.waits:
            link.accept(self)

    def _open(self, link: IncomingLink | OutgoingLink) -> None:
        if self.refuses:
            raise self.refuses
        self.link = link
        link.on_closed = self._count

    def _count(self) -> None:
        self.closed += 1

    def arrived(self, data: bytes, message_format: int) -> Accepted:
        if data == b"bad":
            raise AmqpError("a:bad", "This is bad.")
        self.taken.append((data, message_format))
        return Accepted()

    def next(self) -> Outgoing | None:
        if self.messages and self.messages[0] == b"lost":
            raise AmqpError("a:lost", "It is lost.")
        return Outgoing(b"tag%d" % len(self.messages), self.messages.pop(0)) if self.messages else None

    def settle(self, tag: bytes, outcome: object) -> object:
        self.settled.append((tag, outcome))
        return outcome


def only(found: list, kind: type):
    (one,) = [each for each in found if isinstance(each, kind)]
    return one


async def test_an_attach_is_answered_with_what_was_asked() -> None:
    peer = await Peer.opened(Node())
    peer.attach_receiver("q", snd_settle_mode=0, rcv_settle_mode=1, target=terminus("me", code=0x29))
    attach = only(await peer.heard(), Attach)

    assert (attach.name, attach.handle, attach.role) == ("in", 1, False)
    assert (attach.source, attach.target) == (terminus("q"), terminus("me", code=0x29))
    assert (attach.snd_settle_mode, attach.rcv_settle_mode) == (0, 1)
    assert attach.initial_delivery_count == 0


async def test_a_sender_is_given_credit_and_a_limit() -> None:
    peer = await Peer.opened(Node())
    peer.attach_sender()
    attach, flow = await peer.heard()

    assert (attach.role, attach.max_message_size) == (True, 99)
    assert (flow.handle, flow.delivery_count) == (0, 0)
    assert flow.link_credit > 100


async def test_a_refused_link_is_opened_without_a_source_and_closed() -> None:
    peer = await Peer.opened(Node(refuses=AmqpError("amqp:not-found", "There is none.")))
    peer.attach_receiver()
    attach, detach = await peer.heard()

    assert (attach.source, attach.target) == (None, None)
    assert detach.closed
    assert read_as(Error, detach.error) == Error(condition="amqp:not-found", description="There is none.")


async def test_a_message_is_accepted() -> None:
    node = Node()
    peer = await Peer.opened(node)
    peer.attach_sender()
    await peer.heard()
    peer.transfer(b"hello", 7, message_format=5)
    (said,) = await peer.heard()

    assert node.taken == [(b"hello", 5)]
    assert (said.role, said.first, said.settled, read(said.state)) == (True, 7, True, Accepted())


async def test_a_message_in_many_frames() -> None:
    node = Node()
    peer = await Peer.opened(node)
    peer.attach_sender()
    await peer.heard()
    peer.transfer(b"hel", 0, more=True)
    peer.say(Transfer(handle=0, more=True), b"l")
    assert node.taken == []
    peer.say(Transfer(handle=0), b"o")

    assert node.taken == [(b"hello", 0)]
    only(await peer.heard(), Disposition)


async def test_an_aborted_message_is_forgotten() -> None:
    node = Node()
    peer = await Peer.opened(node)
    peer.attach_sender()
    await peer.heard()
    peer.transfer(b"hel", 0, more=True)
    peer.say(Transfer(handle=0, aborted=True))
    peer.transfer(b"next", 1)

    assert node.taken == [(b"next", 0)]


async def test_a_settled_message_is_not_answered() -> None:
    node = Node()
    peer = await Peer.opened(node)
    peer.attach_sender()
    await peer.heard()
    peer.transfer(b"hello", 0, settled=True)

    assert node.taken == [(b"hello", 0)]
    assert await peer.heard() == []


async def test_a_refused_message_is_rejected_with_the_reason() -> None:
    peer = await Peer.opened(Node())
    peer.attach_sender()
    await peer.heard()
    peer.transfer(b"bad")
    (said,) = await peer.heard()

    assert read(said.state).why() == Error(condition="a:bad", description="This is bad.")


async def test_credit_is_given_again() -> None:
    peer = await Peer.opened(Node())
    peer.attach_sender()
    await peer.heard()
    for number in range(600):
        peer.transfer(b"x", number)
    flows = [each for each in await peer.heard() if isinstance(each, Flow)]

    assert [flow.delivery_count for flow in flows] == [500]


async def test_who_sends_without_credit_is_hung_up_on() -> None:
    node = Node(waits=True)
    node.incoming = lambda link: None  # type: ignore[method-assign]
    peer = await Peer.opened(node)
    peer.attach_sender()
    peer.transfer(b"x")
    close = only(await peer.heard(), Close)

    assert read_as(Error, close.error).condition == "amqp:link:transfer-limit-exceeded"


async def test_messages_go_as_far_as_credit_goes() -> None:
    node = Node(b"a", b"b", b"c")
    peer = await Peer.opened(node)
    peer.attach_receiver(credit=2)
    first = [frame for frame in await peer.frames() if isinstance(frame.body, Transfer)]
    peer.give(1, count=2)
    more = [frame for frame in await peer.frames() if isinstance(frame.body, Transfer)]

    assert [frame.payload for frame in first] == [b"a", b"b"]
    assert [(frame.body.delivery_id, frame.body.delivery_tag) for frame in first] == [(0, b"tag3"), (1, b"tag2")]
    assert [frame.payload for frame in more] == [b"c"]


async def test_credit_that_came_before_the_link_was_accepted_counts() -> None:
    node = Node(b"a", waits=True)
    peer = await Peer.opened(node)
    peer.attach_receiver(credit=1)
    assert await peer.heard() == []
    assert isinstance(node.link, OutgoingLink)
    node.link.accept(node)
    attach, transfer = await peer.heard()

    assert isinstance(attach, Attach)
    assert isinstance(transfer, Transfer)


async def test_a_drain_takes_the_credit_back() -> None:
    node = Node(b"a")
    peer = await Peer.opened(node)
    peer.attach_receiver()
    peer.give(10, drain=True)
    found = await peer.heard()
    flow = only(found, Flow)
    node.messages.append(b"later")
    assert isinstance(node.link, OutgoingLink)
    node.link.pump()

    assert (flow.link_credit, flow.delivery_count, flow.drain) == (0, 10, True)
    assert await peer.heard() == []


async def test_an_echo_is_answered() -> None:
    peer = await Peer.opened(Node())
    peer.attach_receiver()
    await peer.heard()
    peer.give(3, echo=True)
    (flow,) = await peer.heard()

    assert (flow.handle, flow.link_credit) == (1, 3)


async def test_an_outlet_that_lost_everything_detaches() -> None:
    peer = await Peer.opened(node := Node(b"lost"))
    peer.attach_receiver(credit=1)
    detach = only(await peer.heard(), Detach)

    assert read_as(Error, detach.error).condition == "a:lost"
    assert node.closed == 1


async def test_a_detach_is_answered_and_told_once() -> None:
    peer = await Peer.opened(node := Node())
    peer.attach_receiver()
    await peer.heard()
    peer.say(Detach(handle=1, closed=True))
    assert await peer.heard() == [Detach(handle=1, closed=True)]
    peer.connection.close()
    await peer.heard()

    assert node.closed == 1


async def test_a_link_that_waits_can_be_given_up() -> None:
    peer = await Peer.opened(node := Node(waits=True))
    peer.attach_receiver()
    peer.say(Detach(handle=1, closed=True))

    assert [type(each) for each in await peer.heard()] == [Attach, Detach]
    assert node.closed == 1


@pytest.mark.parametrize(
    "source", [None, Described(ULong(0x28), []), Described(ULong(0x28), [None]), Described(ULong(0x28), 7)]
)
async def test_a_link_without_an_address(source) -> None:
    peer = await Peer.opened(node := Node())
    peer.attach_receiver(source=source)

    assert node.link is not None
    assert node.link.source_address is None
