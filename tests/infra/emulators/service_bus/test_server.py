import pytest

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.performatives import Attach, Detach, Error, Transfer, read_as
from infra.emulators.service_bus.amqp.types import Described, ULong
from infra.emulators.service_bus.broker.config import NamespaceConfig
from infra.emulators.service_bus.cbs import Allows, anyone
from infra.emulators.service_bus.message import Message, decode, encode, value_body, value_of
from infra.emulators.service_bus.server import Front, House, path_of
from tests.infra.emulators.service_bus.amqp.test_links import only
from tests.support.amqp_peer import Peer, terminus
from tests.support.bus_desk import BusDesk, message

HOST = "amqps://127.0.0.1:5672/"


@pytest.fixture
def bus() -> BusDesk:
    return BusDesk(NamespaceConfig.of(queues=["q"], topics={"t": ["s"]}))


async def connected(bus: BusDesk, allows: Allows = anyone) -> Peer:
    return await Peer.opened(Front(House(namespace=bus.namespace, allows=allows), bus.desk))


async def refusal(peer: Peer) -> str:
    error = read_as(Error, only(await peer.heard(), Detach).error)
    return error.condition


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("amqps://host:1/q", "q"),
        ("sb://host/t/Subscriptions/s", "t/Subscriptions/s"),
        ("q/$management", "q/$management"),
        ("/q/", "q"),
        ("amqps://host/a%20b", "a b"),
    ],
)
def test_addresses(address, path) -> None:
    assert path_of(address) == path


def test_no_address() -> None:
    with pytest.raises(AmqpError, match="names no entity"):
        path_of(None)


@pytest.mark.parametrize("path", ["q", "t", "Q", "q/$management"])
async def test_what_can_be_sent_to(bus, path) -> None:
    peer = await connected(bus)
    peer.attach_sender(HOST + path)

    assert only(await peer.heard(), Attach).target == terminus(HOST + path)


@pytest.mark.parametrize("path", ["q", "q/$DeadLetterQueue", "t/Subscriptions/s", "t/subscriptions/s/$deadletterqueue"])
async def test_what_can_be_received_from(bus, path) -> None:
    peer = await connected(bus)
    peer.attach_receiver(HOST + path)

    assert only(await peer.heard(), Attach).source == terminus(HOST + path)


@pytest.mark.parametrize("path", ["nowhere", "t/Subscriptions/nobody", "nowhere/$management"])
async def test_what_is_not_there(bus, path) -> None:
    peer = await connected(bus)
    peer.attach_receiver(HOST + path)
    assert await refusal(peer) == "amqp:not-found"
    peer.attach_sender(HOST + path)
    assert await refusal(peer) == "amqp:not-found"


async def test_a_topic_is_not_received_from(bus) -> None:
    peer = await connected(bus)
    peer.attach_receiver("t")

    assert await refusal(peer) == "amqp:not-allowed"


async def test_a_coordinator_of_transactions_is_refused(bus) -> None:
    peer = await connected(bus)
    peer.say(Attach(name="x", handle=0, role=False, target=Described(ULong(0x30), [])))

    assert await refusal(peer) == "amqp:invalid-field"


async def test_messages_pass(bus) -> None:
    peer = await connected(bus)
    peer.attach_sender("q")
    peer.attach_receiver("q", credit=1)
    await peer.heard()
    peer.transfer(encode(message("hello")))
    (found,) = [frame for frame in await peer.frames() if isinstance(frame.body, Transfer)]

    assert value_of(decode(found.payload)) == "hello"


async def test_without_a_good_token_only_tokens_are_talked_about(bus) -> None:
    peer = await connected(bus, lambda token: None if token == "good" else "It is not good.")
    peer.attach_sender("q")
    assert await refusal(peer) == "amqp:unauthorized-access"
    peer.attach_sender("$cbs")
    peer.attach_receiver("$cbs", credit=5)
    await peer.heard()
    for number, token in enumerate(("bad", "good")):
        peer.transfer(encode(Message(body=value_body(token))), number)
    found = [decode(frame.payload) for frame in await peer.frames() if isinstance(frame.body, Transfer)]

    assert [each.application_properties["status-code"] for each in found] == [401, 202]
    peer.say(Detach(handle=1, closed=True))
    await peer.heard()
    peer.attach_receiver("q")
    assert [type(each) for each in await peer.heard()] == [Attach]


async def test_requests_are_answered(bus) -> None:
    peer = await connected(bus)
    peer.attach_sender("q/$management")
    peer.attach_receiver("q/$management", credit=5)
    await peer.heard()
    peer.transfer(encode(Message(body=value_body({}), application_properties={"operation": "unknown"})))
    (found,) = [frame for frame in await peer.frames() if isinstance(frame.body, Transfer)]

    assert decode(found.payload).application_properties["statusCode"] == 501
