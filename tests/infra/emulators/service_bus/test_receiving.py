import uuid

import pytest

from infra.emulators.service_bus.amqp.links import OutgoingLink
from infra.emulators.service_bus.amqp.performatives import (
    Accepted,
    Attach,
    Detach,
    Disposition,
    Error,
    Modified,
    Rejected,
    Released,
    Transfer,
    read,
    read_as,
)
from infra.emulators.service_bus.amqp.types import Described, Symbol
from infra.emulators.service_bus.broker.config import NamespaceConfig, QueueConfig
from infra.emulators.service_bus.broker.contract import SessionRequest, State
from infra.emulators.service_bus.broker.queue import Queue
from infra.emulators.service_bus.message import decode, value_of
from infra.emulators.service_bus.receiving import Opening, session_request
from infra.emulators.service_bus.translating import refusals_as_amqp
from tests.infra.emulators.service_bus.amqp.test_links import only
from tests.support.amqp_peer import Peer, terminus
from tests.support.bus_desk import BusDesk

FILTER = Symbol("com.microsoft:session-filter")
CONFIG = NamespaceConfig(queues=(QueueConfig(name="q"), QueueConfig(name="s", requires_session=True)))


class Door:
    """Lets everybody in to one queue."""

    def __init__(self, bus: BusDesk, path: str) -> None:
        queue = bus.namespace.entity(path)
        assert isinstance(queue, Queue)
        self.queue = queue
        self._bus = bus

    def incoming(self, link: object) -> None:
        raise AssertionError(link)

    def outgoing(self, link: OutgoingLink) -> None:
        with refusals_as_amqp():
            Opening(self.queue, link, self._bus.desk).start()


@pytest.fixture
def bus() -> BusDesk:
    return BusDesk(CONFIG)


def for_session(name: str | None, *, described: bool = False) -> Described:
    value = Described(Symbol("com.microsoft:session-filter"), name) if described else name
    return terminus("s", *[None] * 6, {FILTER: value})


async def received(peer: Peer) -> list[tuple[object, bytes]]:
    frames = [frame for frame in await peer.frames() if isinstance(frame.body, Transfer)]
    return [(value_of(decode(frame.payload)), frame.body.delivery_tag) for frame in frames]


async def test_messages_come_under_their_lock_token(bus) -> None:
    bus.send("q", "a")
    peer = await Peer.opened(Door(bus, "q"))
    peer.attach_receiver(credit=5)
    ((text, tag),) = await received(peer)
    peer.say(Disposition(role=True, first=0, state=Accepted()))
    (said,) = await peer.heard()

    assert text == "a"
    assert isinstance(uuid.UUID(bytes_le=tag), uuid.UUID)
    assert read(said.state) == Accepted()
    assert bus.namespace.entity("q").peek() == []


async def test_a_waiting_link_gets_what_is_sent(bus) -> None:
    peer = await Peer.opened(Door(bus, "q"))
    peer.attach_receiver(credit=5)
    await peer.heard()
    bus.send("q", "a", "b")

    assert [text for text, _ in await received(peer)] == ["a", "b"]


@pytest.mark.parametrize(
    ("outcome", "count", "state"),
    [
        (Released(), 0, State.ACTIVE),
        (Modified(delivery_failed=True), 1, State.ACTIVE),
        (Modified(delivery_failed=True, undeliverable_here=True), None, State.DEFERRED),
    ],
)
async def test_outcomes_that_give_a_message_back(bus, outcome, count, state) -> None:
    bus.send("q", "a")
    peer = await Peer.opened(Door(bus, "q"))
    peer.attach_receiver(credit=1)
    await peer.heard()
    peer.say(Disposition(role=True, first=0, state=outcome))
    (said,) = await peer.heard()
    (stored,) = bus.namespace.entity("q").peek()

    assert read(said.state) == outcome
    assert stored.state == state
    assert count is None or stored.delivery_count == count


async def test_a_rejection_makes_a_dead_letter_and_is_echoed_without_its_error(bus) -> None:
    bus.send("q", "a")
    peer = await Peer.opened(Door(bus, "q"))
    peer.attach_receiver(credit=1)
    await peer.heard()
    info = {Symbol("DeadLetterReason"): "why", Symbol("DeadLetterErrorDescription"): "because", Symbol("more"): 1}
    error = Error(condition="com.microsoft:dead-letter", info=info)
    peer.say(Disposition(role=True, first=0, state=Rejected(error=error)))
    (said,) = await peer.heard()
    (dead,) = bus.namespace.entity("q/$DeadLetterQueue").peek()

    assert read(said.state) == Rejected()
    assert dead.message.application_properties == {
        "DeadLetterReason": "why",
        "DeadLetterErrorDescription": "because",
        "more": 1,
    }


async def test_a_lost_lock_is_a_rejection_with_an_error(bus) -> None:
    bus.send("q", "a")
    peer = await Peer.opened(Door(bus, "q"))
    peer.attach_receiver(credit=1)
    await peer.heard()
    bus.clock.advance(61)
    peer.say(Disposition(role=True, first=0, state=Accepted()))
    said = only([each for each in await peer.heard() if not isinstance(each, Transfer)], Disposition)

    assert read(said.state).why().condition == "com.microsoft:message-lock-lost"


async def test_a_settled_link_deletes_what_it_gives(bus) -> None:
    bus.send("q", "a")
    peer = await Peer.opened(Door(bus, "q"))
    peer.attach_receiver(credit=1, snd_settle_mode=1)

    assert len(await received(peer)) == 1
    assert bus.namespace.entity("q").peek() == []


@pytest.mark.parametrize("described", [False, True])
async def test_a_session_is_named_in_the_answer(bus, described) -> None:
    peer = await Peer.opened(Door(bus, "s"))
    peer.attach_receiver(source=for_session("a", described=described))
    attach = only(await peer.heard(), Attach)

    assert attach.source == for_session("a", described=described)
    assert attach.properties == {Symbol("com.microsoft:locked-until-utc"): 639028656600000000}
    assert list(bus.desk.receivers) == ["in"]


async def test_a_session_is_given_up_with_its_link(bus) -> None:
    peer = await Peer.opened(Door(bus, "s"))
    peer.attach_receiver(source=for_session("a"))
    peer.say(Detach(handle=1, closed=True))
    await peer.heard()
    peer.attach_receiver(source=for_session("a"))

    assert [type(each) for each in await peer.heard()] == [Attach]


async def test_a_session_that_is_held_is_refused(bus) -> None:
    peer, other = await Peer.opened(Door(bus, "s")), await Peer.opened(Door(bus, "s"))
    peer.attach_receiver(source=for_session("a"))
    other.attach_receiver(source=for_session("a"))
    detach = only(await other.heard(), Detach)

    assert read_as(Error, detach.error).condition == "com.microsoft:session-cannot-be-locked"


async def test_the_next_session_is_waited_for(bus) -> None:
    peer = await Peer.opened(Door(bus, "s"))
    peer.attach_receiver(source=for_session(None), credit=1)
    assert await peer.heard() == []
    bus.send("s", "hello", group_id="new")
    frames = await peer.frames()

    assert only([frame.body for frame in frames], Attach).source == for_session("new")
    assert any(isinstance(frame.body, Transfer) for frame in frames)


async def test_only_one_of_those_who_wait_gets_the_session(bus) -> None:
    peers = [await Peer.opened(Door(bus, "s")) for _ in range(2)]
    for peer in peers:
        peer.attach_receiver(source=for_session(None))
    bus.send("s", "hello", group_id="new")
    answered = [await peer.heard() for peer in peers]

    assert sorted(len(each) for each in answered) == [0, 1]


async def test_waiting_ends_when_the_client_said(bus) -> None:
    peer = await Peer.opened(Door(bus, "s"))
    peer.transport.stirred.clear()
    peer.attach_receiver(source=for_session(None), properties={Symbol("com.microsoft:timeout"): 10})
    await peer.transport.stirred.wait()
    attach, detach = await peer.heard()

    assert attach.source is None
    assert read_as(Error, detach.error).condition == "com.microsoft:timeout"


async def test_who_gives_up_waiting_gets_no_session(bus) -> None:
    peer = await Peer.opened(Door(bus, "s"))
    peer.attach_receiver(source=for_session(None))
    peer.say(Detach(handle=1, closed=True))
    await peer.heard()
    bus.send("s", "hello", group_id="new")

    assert await peer.heard() == []
    assert bus.desk.receivers == {}


def test_what_a_source_asks_for() -> None:
    assert session_request(for_session("a")) == SessionRequest(id="a")
    assert session_request(for_session(None)) == SessionRequest()
    assert session_request(terminus("q")) is None
    assert session_request(terminus("q", *[None] * 6, "no map")) is None
    assert session_request(None) is None
