"""All keys of a host, made on first use, and what a presented key opens."""

import base64
import hmac
import secrets
from collections.abc import Iterator, Mapping
from typing import cast

from function_host.keys.contract import KeyDocument, KeyStore

_HOST = "host"


class KeyRing:
    """Answers which authorization level a presented key gives."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._documents: dict[str, KeyDocument] = {}

    def level(self, presented: str, function: str) -> str:
        """`admin` for the master key, `function` for a host key or a key of `function`, else `anonymous`."""
        host = self._document(_HOST)
        if _same(presented, _value(host["masterKey"])):
            return "admin"
        keys = [*_values(host, "functionKeys"), *_values(self._document(function.lower()), "keys")]
        # Every key is compared, so that the time taken tells nothing about which one came close.
        return "function" if sum(_same(presented, key) for key in keys) else "anonymous"

    def host_key(self) -> str:
        """The host key called `default`: it opens every function, but no admin route."""
        return next(_values(self._document(_HOST), "functionKeys"))

    def _document(self, scope: str) -> KeyDocument:
        if scope not in self._documents:
            kept = self._store.load(scope)
            self._documents[scope] = kept if kept is not None else self._store.save(scope, _new_document(scope))
        return self._documents[scope]


def _new_document(scope: str) -> KeyDocument:
    if scope == _HOST:
        return {
            "masterKey": _new_key("master"),
            "functionKeys": [_new_key("default")],
            "systemKeys": [],
            "source": "runtime",
        }
    return {"keys": [_new_key("default")], "source": "runtime"}


def _new_key(name: str) -> Mapping[str, object]:
    value = base64.urlsafe_b64encode(secrets.token_bytes(40)).decode()
    return {"name": name, "value": value, "encrypted": False}


def _values(document: KeyDocument, field: str) -> Iterator[str]:
    return (_value(key) for key in cast("list[object]", document.get(field, [])))


def _value(key: object) -> str:
    return str(cast("Mapping[str, object]", key)["value"])


def _same(presented: str, key: str) -> bool:
    return hmac.compare_digest(presented.encode(), key.encode())
