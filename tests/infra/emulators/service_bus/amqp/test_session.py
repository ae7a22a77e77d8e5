from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.performatives import (
    Accepted,
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    Error,
    Flow,
    Received,
    Rejected,
    Released,
    Transfer,
    read,
    read_as,
)
from tests.infra.emulators.service_bus.amqp.test_links import Node, only
from tests.support.amqp_peer import Peer

WINDOWS = {"incoming_window": 1000, "next_outgoing_id": 0, "outgoing_window": 1000}


def transfers(frames: list) -> list:
    return [frame for frame in frames if isinstance(frame.body, Transfer)]


async def delivering(*messages: bytes, **options) -> tuple[Peer, Node]:
    node = Node(*messages)
    peer = await Peer.opened(node, **options)
    peer.attach_receiver(credit=100)
    return peer, node


async def test_an_outcome_is_echoed_and_settled() -> None:
    peer, node = await delivering(b"a", b"b")
    await peer.heard()
    peer.say(Disposition(role=True, first=0, last=1, state=Accepted()))
    said = await peer.heard()

    assert node.settled == [(b"tag2", Accepted()), (b"tag1", Accepted())]
    assert [(each.role, each.first, each.settled, read(each.state)) for each in said] == [
        (False, 0, True, Accepted()),
        (False, 1, True, Accepted()),
    ]


async def test_an_outcome_that_is_settled_already_is_not_echoed() -> None:
    peer, node = await delivering(b"a")
    await peer.heard()
    peer.say(Disposition(role=True, first=0, settled=True, state=Released()))

    assert node.settled == [(b"tag1", Released())]
    assert await peer.heard() == []


async def test_what_cannot_be_settled_is_rejected_with_the_reason() -> None:
    peer, node = await delivering(b"a")
    await peer.heard()

    def lost(tag: bytes, outcome: object) -> object:
        raise AmqpError("a:lost", "The lock is lost.")

    node.settle = lost  # type: ignore[method-assign]
    peer.say(Disposition(role=True, first=0, state=Accepted()))
    (said,) = await peer.heard()
    rejected = read(said.state)

    assert isinstance(rejected, Rejected)
    assert read_as(Error, rejected.error).condition == "a:lost"


async def test_a_delivery_is_settled_once_and_progress_settles_nothing() -> None:
    peer, node = await delivering(b"a")
    await peer.heard()
    peer.say(Disposition(role=True, first=0, state=Received(section_number=0, section_offset=0)))
    peer.say(Disposition(role=False, first=0, state=Accepted()))
    assert node.settled == []
    for _ in range(2):
        peer.say(Disposition(role=True, first=0, last=(1 << 32) - 1, state=Accepted()))

    assert len(node.settled) == 1


async def test_the_peers_window_holds_transfers_back() -> None:
    peer = await Peer.opened(Node(b"a", b"b", b"c"))
    peer.attach_receiver()
    peer.give(10, incoming_window=2)
    assert [frame.payload for frame in transfers(await peer.frames())] == [b"a", b"b"]
    peer.say(Flow(next_incoming_id=2, **{**WINDOWS, "incoming_window": 2}))

    assert [frame.payload for frame in transfers(await peer.frames())] == [b"c"]


async def test_a_large_message_goes_in_frames_of_the_peers_size() -> None:
    body = bytes(range(256)) * 10
    peer, _ = await delivering(body, max_frame_size=512)
    found = transfers(await peer.frames())

    assert b"".join(frame.payload for frame in found) == body
    assert [bool(frame.body.more) for frame in found] == [True] * (len(found) - 1) + [False]
    assert max(len(frame.payload) for frame in found) < 512
    assert {frame.body.delivery_id for frame in found} == {0}


async def test_an_empty_message_is_one_frame() -> None:
    peer, _ = await delivering(b"")

    assert len(transfers(await peer.frames())) == 1


async def test_settled_links_send_settled() -> None:
    peer = await Peer.opened(Node(b"a"))
    peer.attach_receiver(credit=1, snd_settle_mode=1)
    (found,) = transfers(await peer.frames())

    assert found.body.settled


async def test_deliveries_of_a_link_that_is_gone_are_nobodys() -> None:
    peer, node = await delivering(b"a")
    peer.say(Detach(handle=1, closed=True))
    await peer.heard()
    peer.say(Disposition(role=True, first=0, state=Accepted()))

    assert node.settled == []
    assert await peer.heard() == []


async def test_the_own_window_is_opened_again() -> None:
    peer = await Peer.opened(Node())
    peer.attach_sender()
    peer.transfer(b"x", 0, more=True)
    await peer.heard()
    for _ in range(2600):
        peer.say(Transfer(handle=0, more=True), b"x")
    flow = only(await peer.heard(), Flow)

    assert (flow.handle, flow.incoming_window) == (None, 5000)
    assert flow.next_incoming_id == 2501


async def test_a_peer_that_asks_for_the_sessions_numbers_gets_them() -> None:
    peer = await Peer.opened(Node())
    peer.say(Flow(next_incoming_id=0, echo=True, **WINDOWS))

    assert isinstance(only(await peer.heard(), Flow), Flow)


async def test_a_handle_is_used_once_at_a_time() -> None:
    peer = await Peer.opened(Node())
    peer.attach_receiver()
    peer.attach_receiver()
    close = only(await peer.heard(), Close)

    assert read_as(Error, close.error).condition == "amqp:session:handle-in-use"


async def test_a_handle_is_free_again() -> None:
    peer = await Peer.opened(Node())
    for _ in range(2):
        peer.attach_receiver()
        peer.say(Detach(handle=1, closed=True))

    assert [type(each) for each in await peer.heard()] == [Attach, Detach] * 2


async def test_two_sessions_count_for_themselves() -> None:
    peer = await Peer.opened(Node())
    peer.say(Begin(next_outgoing_id=5, incoming_window=1, outgoing_window=1), channel=3)
    begin = only(await peer.heard(), Begin)

    assert begin.remote_channel == 3


async def test_what_a_session_does_not_expect() -> None:
    peer = await Peer.opened(Node())
    peer.say(Accepted())
    close = only(await peer.heard(), Close)

    assert read_as(Error, close.error).condition == "amqp:not-allowed"
