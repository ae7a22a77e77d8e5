"""A target's own options, from names and values or from the text of a command line."""

import types
from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from infra.contract import Target
from infra.errors import InvalidDeployment

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def options_of(target: Target, given: Mapping[str, object]) -> Any:
    """An instance of the target's `options`; text becomes what the field wants, lists are written `a,b`.

    Raises InvalidDeployment for a name it does not have and for a value that does not fit.
    """
    kinds = get_type_hints(target.options)
    known = [field.name for field in fields(target.options)]
    chosen: dict[str, object] = {}
    for name, value in given.items():
        field = name.replace("-", "_")
        if field not in known:
            raise InvalidDeployment(_unknown(target.name, name, known))
        chosen[field] = _fitting(target.name, field, kinds[field], value)
    return target.options(**chosen)


def _unknown(target: str, name: str, known: list[str]) -> str:
    near = get_close_matches(name.replace("-", "_"), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known) or 'none'}."
    return f"The target {target!r} has no option {name!r}; {hint}"


def _fitting(target: str, name: str, kind: Any, value: object) -> object:
    kinds = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    if value is None and type(None) in kinds:
        return None
    for each in kinds:
        found = _as(each, value)
        if found is not None:
            return found
    wanted = " or ".join(_said(each) for each in kinds if each is not type(None))
    raise InvalidDeployment(f"The option {name!r} of the target {target!r} takes {wanted}, not {value!r}.")


def _as(kind: Any, value: object) -> object | None:
    """The value as that kind; None when it cannot be."""
    origin = get_origin(kind)
    if origin is Literal:
        return value if value in get_args(kind) else None
    if origin is tuple:
        parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        return tuple(str(part) for part in parts if part != "") if isinstance(parts, list | tuple) else None
    if kind is bool:
        return value if isinstance(value, bool) else _WORDS.get(str(value).lower())
    if kind in (int, float):
        return _number(kind, value)
    plain = origin or kind
    return value if isinstance(plain, type) and isinstance(value, plain) else None


def _number(kind: type, value: object) -> object | None:
    try:
        return None if isinstance(value, bool) else kind(value)
    except (TypeError, ValueError):
        return None


def _said(kind: Any) -> str:
    match get_origin(kind) or kind:
        case origin if origin is Literal:
            return "one of " + ", ".join(repr(each) for each in get_args(kind))
        case origin if origin is tuple:
            return "a list (a,b,c)"
        case origin if origin is bool:
            return "true or false"
        case origin if origin in (int, float):
            return "a number"
        case origin:
            return "text" if origin is str else getattr(origin, "__name__", str(origin))
