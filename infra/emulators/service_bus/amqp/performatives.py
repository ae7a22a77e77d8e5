"""The frames' contents and the states of deliveries, as AMQP 1.0 defines them."""

from dataclasses import dataclass
from typing import ClassVar, TypeVar

from infra.emulators.service_bus.amqp.composites import Composite, from_list
from infra.emulators.service_bus.amqp.errors import AmqpError, DecodeError
from infra.emulators.service_bus.amqp.types import (
    AnySymbol,
    AnyUByte,
    AnyUInt,
    AnyULong,
    AnyUShort,
    Described,
)

_C = TypeVar("_C", bound=Composite)

SETTLED = 1
"""The snd-settle-mode of a link that expects no outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    CODE: ClassVar[int] = 0x10

    container_id: str
    hostname: str | None = None
    max_frame_size: AnyUInt | None = None
    channel_max: AnyUShort | None = None
    idle_time_out: AnyUInt | None = None
    outgoing_locales: object = None
    incoming_locales: object = None
    offered_capabilities: object = None
    desired_capabilities: object = None
    properties: dict[object, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    CODE: ClassVar[int] = 0x11

    remote_channel: AnyUShort | None = None
    next_outgoing_id: AnyUInt
    incoming_window: AnyUInt
    outgoing_window: AnyUInt
    handle_max: AnyUInt | None = None
    offered_capabilities: object = None
    desired_capabilities: object = None
    properties: dict[object, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    CODE: ClassVar[int] = 0x12

    name: str
    handle: AnyUInt
    role: bool
    """True for the one that receives."""

    snd_settle_mode: AnyUByte | None = None
    rcv_settle_mode: AnyUByte | None = None
    source: Described | None = None
    target: Described | None = None
    unsettled: dict[object, object] | None = None
    incomplete_unsettled: bool | None = None
    initial_delivery_count: AnyUInt | None = None
    max_message_size: AnyULong | None = None
    offered_capabilities: object = None
    desired_capabilities: object = None
    properties: dict[object, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    CODE: ClassVar[int] = 0x13

    next_incoming_id: AnyUInt | None = None
    incoming_window: AnyUInt
    next_outgoing_id: AnyUInt
    outgoing_window: AnyUInt
    handle: AnyUInt | None = None
    delivery_count: AnyUInt | None = None
    link_credit: AnyUInt | None = None
    available: AnyUInt | None = None
    drain: bool | None = None
    echo: bool | None = None
    properties: dict[object, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    CODE: ClassVar[int] = 0x14

    handle: AnyUInt
    delivery_id: AnyUInt | None = None
    delivery_tag: bytes | None = None
    message_format: AnyUInt | None = None
    settled: bool | None = None
    more: bool | None = None
    rcv_settle_mode: AnyUByte | None = None
    state: Described | None = None
    resume: bool | None = None
    aborted: bool | None = None
    batchable: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    CODE: ClassVar[int] = 0x15

    role: bool
    first: AnyUInt
    last: AnyUInt | None = None
    settled: bool | None = None
    state: object = None
    batchable: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    CODE: ClassVar[int] = 0x1D

    condition: AnySymbol
    description: str | None = None
    info: dict[object, object] | None = None

    @classmethod
    def of(cls, error: AmqpError) -> "Error":
        return cls(condition=error.condition, description=error.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detach:
    CODE: ClassVar[int] = 0x16

    handle: AnyUInt
    closed: bool | None = None
    error: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    CODE: ClassVar[int] = 0x17

    error: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    CODE: ClassVar[int] = 0x18

    error: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    CODE: ClassVar[int] = 0x23

    section_number: AnyUInt | None = None
    section_offset: AnyULong | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    CODE: ClassVar[int] = 0x24


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    CODE: ClassVar[int] = 0x25

    error: object = None

    def why(self) -> Error | None:
        """Raises DecodeError for what is no error."""
        return None if self.error is None else read_as(Error, self.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    CODE: ClassVar[int] = 0x26


@dataclass(frozen=True, slots=True, kw_only=True)
class Modified:
    CODE: ClassVar[int] = 0x27

    delivery_failed: bool | None = None
    undeliverable_here: bool | None = None
    message_annotations: dict[object, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaslMechanisms:
    CODE: ClassVar[int] = 0x40

    sasl_server_mechanisms: object


@dataclass(frozen=True, slots=True, kw_only=True)
class SaslInit:
    CODE: ClassVar[int] = 0x41

    mechanism: AnySymbol
    initial_response: bytes | None = None
    hostname: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaslOutcome:
    CODE: ClassVar[int] = 0x44

    code: AnyUByte
    additional_data: bytes | None = None


Outcome = Accepted | Rejected | Released | Modified
DeliveryState = Outcome | Received

_NAMED: dict[str, type[Composite]] = {
    "amqp:open:list": Open,
    "amqp:begin:list": Begin,
    "amqp:attach:list": Attach,
    "amqp:flow:list": Flow,
    "amqp:transfer:list": Transfer,
    "amqp:disposition:list": Disposition,
    "amqp:detach:list": Detach,
    "amqp:end:list": End,
    "amqp:close:list": Close,
    "amqp:error:list": Error,
    "amqp:received:list": Received,
    "amqp:accepted:list": Accepted,
    "amqp:rejected:list": Rejected,
    "amqp:released:list": Released,
    "amqp:modified:list": Modified,
    "amqp:sasl-init:list": SaslInit,
}
_NUMBERED = {kind.CODE: kind for kind in _NAMED.values()}


def read(value: object) -> Composite:
    """The record that a described list stands for. Raises DecodeError."""
    if isinstance(value, Described):
        by = value.descriptor
        kind = _NAMED.get(by) if isinstance(by, str) else _NUMBERED.get(by)
        if kind is not None:
            return from_list(kind, value.value)
    raise DecodeError(f"{value!r} is nothing that AMQP describes.")


def read_as(kind: type[_C], value: object) -> _C:
    """The record, which must be of that kind. Raises DecodeError."""
    record = read(value)
    if not isinstance(record, kind):
        raise DecodeError(f"{value!r} is no {kind.__name__}.")
    return record


def state_of(value: object) -> DeliveryState | None:
    """The state that a disposition carries. Raises DecodeError for one that this engine does not know."""
    if value is None:
        return None
    state = read(value)
    if not isinstance(state, DeliveryState):
        raise DecodeError(f"{value!r} is no state of a delivery.")
    return state
