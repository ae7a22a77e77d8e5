"""Key documents in the JSON form that Azure stores: made, read and changed as values."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from function_host.keys.contract import KeyDocument

HOST = "host"
MASTER = "_master"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A named key."""

    name: str
    value: str


def new_value() -> str:
    """40 random bytes, safe in URLs."""
    return base64.urlsafe_b64encode(secrets.token_bytes(40)).decode()


def new_document(scope: str) -> KeyDocument:
    """The first keys of a scope: `default`, and for the host the master key too."""
    default = [_written(Key(name="default", value=new_value()))]
    if scope == HOST:
        master = _written(Key(name="master", value=new_value()))
        return {"masterKey": master, "functionKeys": default, "systemKeys": [], "source": "runtime"}
    return {"keys": default, "source": "runtime"}


def master_key(document: KeyDocument) -> str:
    """The master key of the host's document."""
    return _read(document["masterKey"]).value


def with_master_key(document: KeyDocument, value: str) -> KeyDocument:
    """The host's document with another master key."""
    return {**document, "masterKey": _written(Key(name="master", value=value))}


def keys(document: KeyDocument, field: str) -> Sequence[Key]:
    """The keys of one kind: `functionKeys`, `systemKeys`, or a function's `keys`."""
    return [_read(key) for key in cast("Sequence[object]", document.get(field, ()))]


def with_key(document: KeyDocument, field: str, key: Key) -> KeyDocument:
    """The document with `key` in place of the one of its name (in any case)."""
    return {**document, field: [*_without(document, field, key.name), _written(key)]}


def without_key(document: KeyDocument, field: str, name: str) -> KeyDocument:
    """The document without the key `name` (in any case)."""
    return {**document, field: _without(document, field, name)}


def _without(document: KeyDocument, field: str, name: str) -> list[Mapping[str, object]]:
    return [_written(key) for key in keys(document, field) if key.name.lower() != name.lower()]


def _read(key: object) -> Key:
    parts = cast("Mapping[str, object]", key)
    return Key(name=str(parts["name"]), value=str(parts["value"]))


def _written(key: Key) -> Mapping[str, object]:
    return {"name": key.name, "value": key.value, "encrypted": False}
