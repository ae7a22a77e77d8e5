"""Key documents in the JSON form that Azure stores: made, read and changed as values."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from function_host.errors import ConfigError
from function_host.keys.contract import KeyDocument

HOST = "host"
MASTER = "_master"

_FIELDS = ("functionKeys", "systemKeys", "keys")
_FORM = '{"name": "text", "value": "text"}'


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
    default = [written(Key(name="default", value=new_value()))]
    if scope == HOST:
        master = written(Key(name="master", value=new_value()))
        return {"masterKey": master, "functionKeys": default, "systemKeys": [], "source": "runtime"}
    return {"keys": default, "source": "runtime"}


def read_document(data: bytes, scope: str, place: str) -> KeyDocument:
    """The document that is kept as `data` at `place`; raises ConfigError for what is none of that scope."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _broken(place, f"is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise _broken(place, "must hold a JSON object")
    if scope == HOST and not _is_key(document.get("masterKey")):
        raise _broken(place, f"must have $.masterKey of the form {_FORM}")
    for field in _FIELDS:
        if not isinstance(document.get(field, []), list):
            raise _broken(place, f"must have a list in $.{field}")
        for index, key in enumerate(document.get(field, [])):
            if not _is_key(key):
                raise _broken(place, f"must have $.{field}[{index}] of the form {_FORM}")
    return document


def _broken(place: str, problem: str) -> ConfigError:
    return ConfigError(f"{place} {problem}. Mend it, or delete it for new keys.")


def _is_key(key: object) -> bool:
    return isinstance(key, dict) and all(isinstance(key.get(part), str) and key[part] for part in ("name", "value"))


def master_key(document: KeyDocument) -> str:
    """The master key of the host's document."""
    return _read(document["masterKey"]).value


def with_master_key(document: KeyDocument, value: str) -> KeyDocument:
    """The host's document with another master key."""
    return {**document, "masterKey": written(Key(name="master", value=value))}


def keys(document: KeyDocument, field: str) -> Sequence[Key]:
    """The keys of one kind: `functionKeys`, `systemKeys`, or a function's `keys`."""
    return [_read(key) for key in cast("Sequence[object]", document.get(field, ()))]


def with_key(document: KeyDocument, field: str, key: Key) -> KeyDocument:
    """The document with `key` in place of the one of its name (in any case)."""
    return {**document, field: [*_without(document, field, key.name), written(key)]}


def without_key(document: KeyDocument, field: str, name: str) -> KeyDocument:
    """The document without the key `name` (in any case)."""
    return {**document, field: _without(document, field, name)}


def _without(document: KeyDocument, field: str, name: str) -> list[Mapping[str, object]]:
    return [written(key) for key in keys(document, field) if key.name.lower() != name.lower()]


def _read(key: object) -> Key:
    parts = cast("Mapping[str, object]", key)
    return Key(name=str(parts["name"]), value=str(parts["value"]))


def written(key: Key) -> Mapping[str, object]:
    """The form in which documents have it."""
    return {"name": key.name, "value": key.value, "encrypted": False}
