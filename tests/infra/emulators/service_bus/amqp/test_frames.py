import pytest

from infra.emulators.service_bus.amqp.errors import AmqpError, DecodeError
from infra.emulators.service_bus.amqp.frames import AMQP_HEADER, SASL, Frame, FrameReader, frame
from infra.emulators.service_bus.amqp.performatives import End, SaslInit, Transfer


def test_frames_come_byte_by_byte() -> None:
    data = AMQP_HEADER + frame(3, Transfer(handle=1), b"payload") + frame(0, None)
    reader = FrameReader(512)
    found = []
    header = None
    for index in range(len(data)):
        reader.feed(data[index : index + 1])
        if header is None:
            header = reader.header()
        elif (each := reader.frame()) is not None:
            found.append(each)

    assert header == AMQP_HEADER
    assert found == [Frame(0, 3, Transfer(handle=1), b"payload"), Frame(0, 0, None, b"")]


def test_many_frames_come_at_once() -> None:
    reader = FrameReader(512)
    reader.feed(frame(0, End()) * 3)

    assert [reader.frame() is not None for _ in range(4)] == [True, True, True, False]


def test_a_sasl_frame() -> None:
    reader = FrameReader(512)
    reader.feed(frame(0, SaslInit(mechanism="PLAIN"), kind=SASL))

    assert reader.frame() == Frame(SASL, 0, SaslInit(mechanism="PLAIN"), b"")


def test_a_frame_that_is_too_large_is_not_waited_for() -> None:
    reader = FrameReader(512)
    reader.feed(frame(0, Transfer(handle=1), b"x" * 600)[:20])

    with pytest.raises(AmqpError, match="at most 512") as refused:
        reader.frame()
    assert refused.value.condition == "amqp:connection:framing-error"


@pytest.mark.parametrize(
    "head",
    ["0000000702000000", "0000000801000000", "0000000803000000", "0000000802020000", "000000090200000040", "0" * 16],
)
def test_a_head_that_makes_no_sense(head) -> None:
    reader = FrameReader(512)
    reader.feed(bytes.fromhex(head))

    with pytest.raises(DecodeError):
        reader.frame()
