"""Composite types: a frozen record of Python is a described list of AMQP, and the other way round."""

import types
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Annotated, Any, ClassVar, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

from infra.emulators.service_bus.amqp.encoding import encode, encode_list
from infra.emulators.service_bus.amqp.errors import DecodeError
from infra.emulators.service_bus.amqp.types import ULong


class Composite(Protocol):
    """A dataclass whose fields are in AMQP's order and whose hints say how each is written."""

    CODE: ClassVar[int]
    __dataclass_fields__: ClassVar[dict[str, Any]]


_NULL = b"\x40"
_C = TypeVar("_C", bound=Composite)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    mandatory: bool
    kind: type
    """What a value read is an instance of."""

    wire: Callable[[Any], object] | None
    """Makes the type that is written, where it is another one."""


def encode_composite(record: Composite) -> bytes:
    """The described list with all its fields: clients look them up by their place, even those that may be left out."""
    items = [_encode_field(getattr(record, field.name), field.wire) for field in _plan(type(record))]
    return b"\x00" + encode(ULong(record.CODE)) + encode_list(items)


def _encode_field(value: Any, wire: Callable[[Any], object] | None) -> bytes:
    if value is None:
        return _NULL
    if wire is not None:
        return encode(wire(value))
    return encode_composite(value) if hasattr(type(value), "CODE") else encode(value)


def from_list(kind: type[_C], values: object) -> _C:
    """The record that a list stands for. Raises DecodeError when a field is missing, too many, or of another type."""
    plan = _plan(kind)
    if not isinstance(values, list) or len(values) > len(plan):
        raise DecodeError(f"{kind.__name__} is no list of at most {len(plan)} fields.")
    given = {}
    for field, value in zip(plan, values, strict=False):
        if value is None:
            continue
        if not isinstance(value, field.kind):
            raise DecodeError(f"{kind.__name__}.{field.name} is {value!r}, no {field.kind.__name__}.")
        given[field.name] = value
    missing = [field.name for field in plan if field.mandatory and field.name not in given]
    if missing:
        raise DecodeError(f"{kind.__name__} is without {', '.join(missing)}.")
    return kind(**given)


@cache
def _plan(kind: type[Composite]) -> tuple[_Field, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_field(field.name, hints[field.name], mandatory=field.default is MISSING) for field in fields(kind))


def _field(name: str, hint: Any, *, mandatory: bool) -> _Field:
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    if get_origin(hint) is Annotated:
        base, wire = get_args(hint)
        return _Field(name, mandatory, base, wire)
    return _Field(name, mandatory, get_origin(hint) or hint, None)
