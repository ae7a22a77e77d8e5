import asyncio
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.emulators.service_bus.amqp.connection import Manner
from infra.emulators.service_bus.amqp.frames import AMQP_HEADER, SASL, SASL_HEADER, frame
from infra.emulators.service_bus.amqp.performatives import (
    Attach,
    Begin,
    Close,
    Disposition,
    End,
    Error,
    Flow,
    Open,
    SaslInit,
    SaslOutcome,
    Transfer,
    read_as,
)
from tests.infra.emulators.service_bus.amqp.test_links import Node, only
from tests.support.amqp_peer import Peer, terminus

GOOD = frame(0, SaslOutcome(code=0), kind=SASL)
BEGIN = Begin(next_outgoing_id=0, incoming_window=10, outgoing_window=10)


@pytest.mark.parametrize("mechanism", ["ANONYMOUS", "MSSBCBS", "PLAIN"])
async def test_everything_may_come_before_any_answer(mechanism) -> None:
    peer = Peer(Node())
    sasl = SASL_HEADER + frame(0, SaslInit(mechanism=mechanism), kind=SASL)
    attach = Attach(name="x", handle=0, role=True, source=terminus("q"))
    rest = AMQP_HEADER + frame(0, Open(container_id="peer")) + frame(0, BEGIN) + frame(0, attach)
    peer.connection.data_received(sasl + rest)
    await asyncio.sleep(0)
    head, _, tail = bytes(peer.transport.written).partition(GOOD + AMQP_HEADER)

    assert head.startswith(SASL_HEADER)
    assert b"ANONYMOUS" in head
    peer.transport.written[:] = tail
    assert [type(each) for each in await peer.heard()] == [Open, Begin, Attach]


async def test_an_unknown_mechanism_is_refused() -> None:
    peer = Peer(Node())
    peer.connection.data_received(SASL_HEADER + frame(0, SaslInit(mechanism="GSSAPI"), kind=SASL))
    await asyncio.sleep(0)

    assert bytes(peer.transport.written).endswith(frame(0, SaslOutcome(code=1), kind=SASL))
    assert peer.transport.closed


async def test_another_protocol_is_told_this_one() -> None:
    peer = Peer(Node())
    peer.connection.data_received(b"GET / HTTP/1.1\r\n\r\n")

    assert bytes(peer.transport.written) == AMQP_HEADER
    assert peer.transport.closed


async def test_a_close_is_answered() -> None:
    peer = await Peer.opened(Node())
    peer.say(Close())

    assert await peer.heard() == [Close()]
    assert peer.transport.closed


async def test_an_end_is_answered_and_its_links_are_gone() -> None:
    peer = await Peer.opened(node := Node())
    peer.attach_receiver()
    peer.say(End())

    assert isinstance((await peer.heard())[-1], End)
    assert node.closed == 1


async def test_links_are_gone_with_the_connection() -> None:
    peer = await Peer.opened(node := Node())
    closed: list[bool] = []
    peer.connection.on_closed = lambda: closed.append(True)
    peer.attach_receiver()
    peer.transport.close()
    await asyncio.sleep(0)

    assert (node.closed, closed) == (1, [True])


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        (b"\x00\x00\x00\x07\x02\x00\x00\x00", "amqp:decode-error"),
        (b"\x00\x00\x00\x0a\x02\x00\x00\x00\xff\xff", "amqp:decode-error"),
        (b"\xff\xff\xff\xff\x02\x00\x00\x00", "amqp:connection:framing-error"),
        (frame(0, SaslInit(mechanism="PLAIN"), kind=SASL), "amqp:not-allowed"),
        (frame(0, Open(container_id="again")), "amqp:not-allowed"),
        (frame(0, BEGIN), "amqp:not-allowed"),
        (frame(9, End()), "amqp:not-allowed"),
    ],
)
async def test_what_is_wrong_closes_the_connection(data, condition) -> None:
    peer = await Peer.opened(Node())
    peer.connection.data_received(data)
    close = only(await peer.heard(), Close)

    assert read_as(Error, close.error).condition == condition
    assert peer.transport.closed


async def test_a_close_with_an_error_comes_after_an_open() -> None:
    peer = Peer(Node())
    peer.connection.data_received(AMQP_HEADER + frame(0, BEGIN))
    await peer.raw(len(AMQP_HEADER))

    assert [type(each) for each in await peer.heard()] == [Open, Close]


async def test_a_defect_is_logged_and_closes_the_connection(caplog) -> None:
    node = Node()

    def broken(data: bytes, message_format: int) -> None:
        raise ZeroDivisionError

    node.arrived = broken  # type: ignore[method-assign, assignment]
    peer = await Peer.opened(node)
    peer.attach_sender()
    peer.transfer(b"x")

    assert read_as(Error, only(await peer.heard(), Close).error).condition == "amqp:internal-error"
    assert "ZeroDivisionError" in caplog.text


async def test_signs_of_life_are_given_as_often_as_the_peer_needs_them() -> None:
    peer = await Peer.opened(Node(), idle_time_out=20)
    peer.transport.stirred.clear()
    await asyncio.wait_for(peer.transport.stirred.wait(), 2)

    assert (await peer.heard())[0] is None


async def test_a_silent_peer_is_hung_up_on() -> None:
    peer = Peer(Node(), Manner(container_id="test", idle_timeout=0.02))
    await asyncio.wait_for(peer.transport.stirred.wait(), 2)

    assert peer.transport.closed


async def test_a_peer_that_reads_nothing_is_given_nothing_more() -> None:
    peer = await Peer.opened(Node(b"a", b"b"))
    peer.connection.pause_writing()
    peer.attach_receiver(credit=10)
    held_back = [each for each in await peer.heard() if isinstance(each, Transfer)]
    peer.connection.resume_writing()

    assert held_back == []
    assert len([each for each in await peer.heard() if isinstance(each, Transfer)]) == 2


async def test_a_peer_that_only_asks_is_not_listened_to_for_ever() -> None:
    peer = await Peer.opened(Node())
    peer.transport.written += b"x" * (9 << 20)
    peer.attach_receiver()
    await asyncio.sleep(0)
    assert not peer.transport.reading
    peer.connection.resume_writing()

    assert peer.transport.reading


FRAMES = st.sampled_from(
    [
        frame(0, Open(container_id="peer")),
        frame(0, BEGIN),
        frame(0, Attach(name="out", handle=0, role=False, target=terminus("q"))),
        frame(0, Attach(name="in", handle=1, role=True, source=terminus("q"))),
        frame(
            0, Flow(incoming_window=5, next_outgoing_id=0, outgoing_window=1, handle=1, delivery_count=0, link_credit=9)
        ),
        frame(0, Transfer(handle=0, delivery_id=0, delivery_tag=b"x"), b"payload"),
        frame(0, Disposition(role=True, first=0, last=1 << 31, settled=True)),
        frame(0, None),
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(FRAMES, max_size=12).map(b"".join),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=6),
)
def test_whatever_comes_the_server_survives(caplog, data, changes) -> None:
    caplog.clear()

    async def talk() -> None:
        said = bytearray(data)
        for place, value in changes:
            if place < len(said):
                said[place] = value
        peer = Peer(Node(b"a", b"b"))
        peer.connection.data_received(AMQP_HEADER + bytes(said))
        await asyncio.sleep(0)
        peer.transport.close()
        await asyncio.sleep(0)

    asyncio.run(talk())

    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
