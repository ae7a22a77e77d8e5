"""What a body asks for that a resource does not have: Azure adds much of its own, which is no difference."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.platforms.arm_values import UNKNOWN, SecretText

_NOT_SHOWN = frozenset({"apiVersion", "scope", "dependsOn"})
"""Keys of a body that say how to ask, not what shall be."""
_REGIONS = frozenset({"location"})
_SETTINGS = ("properties.siteConfig.appSettings", ".environmentVariables", ".env")
"""Settings of apps: what they hold is never shown, secret or not."""
_ANY_CASE = frozenset({"kind", "identity.type", "properties.topicType"})
"""Words that Azure answers in a case of its own."""
_WHOLE = (
    ("properties", "ipAddress"),
    ("properties", "imageRegistryCredentials"),
    ("properties", "configuration", "ingress"),
    ("properties", "configuration", "registries"),
    ("properties", "configuration", "secrets"),
)
"""Parts of containers that a body says or does not want: an address or a login that is left out is to go."""
_FIXED = frozenset({"properties.osType", "properties.restartPolicy", "properties.sku", "properties.ipAddress.type"})
_SIZE = re.compile(r"properties\.containers\[[^]]*\]\.properties\.resources\.")
"""What Azure changes in no container group."""
_MISSING = object()


def differences(wanted: Mapping[str, Any], actual: Mapping[str, Any]) -> tuple[str, ...]:
    """`properties.sku.name: 'B1' -> 'P1v3'`, or `NAME: changed` where a value is not to be seen; empty when it is so.

    Nulls and what only `actual` has do not count, but for app settings, addresses and logins: a body says all of them.
    """
    body = {key: value for key, value in wanted.items() if key not in _NOT_SHOWN}
    return (*_mapping(body, actual, ""), *_left_out(body, actual))


def is_made_anew(details: Sequence[str]) -> bool:
    """Must a container group go before it is made as these differences want it?"""
    paths = [each.partition(": ")[0] for each in details]
    return any(path in _FIXED or path == "properties.ipAddress" or _SIZE.match(path) for path in paths)


def earlier(wanted: Any, was: Any, path: tuple[str, ...] = ()) -> Any:
    """The body `wanted` with what was there before wherever that is known, and without what was not there at all."""
    if isinstance(wanted, Mapping) and isinstance(was, Mapping):
        kept = {key: value for key, value in wanted.items() if key in was or (*path, key) not in _WHOLE}
        gone = {key: _sent(was[key]) for key in was if (*path, key) in _WHOLE and key not in wanted and was[key]}
        return {**{key: earlier(value, was.get(key, value), (*path, key)) for key, value in kept.items()}, **gone}
    if _has_names(wanted) and _has_names(was):
        new = {each["name"]: each for each in wanted}
        return [earlier(new.get(each["name"], each), each) for each in was]
    return was


def _sent(shown: Any) -> Any:
    """Without what Azure adds by itself to addresses."""
    return (
        {key: each for key, each in shown.items() if key not in ("ip", "fqdn")} if isinstance(shown, Mapping) else shown
    )


def _has_names(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) and "name" in one for one in value)


def restarts(wanted: Mapping[str, Any], actual: Mapping[str, Any]) -> bool:
    """Does a site start a new container for this body? It does for another image and for other settings."""
    new, old = (each.get("properties", {}).get("siteConfig") for each in (wanted, actual))
    if not new or not old:
        return False
    changed = {key: new.get(key) for key in ("linuxFxVersion", "appSettings")}
    return any(True for _ in _mapping(changed, old, "properties.siteConfig"))


def _left_out(wanted: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[str]:
    for path in _WHOLE:
        if not _at(wanted, path) and _at(actual, path):
            yield f"{'.'.join(path)}: removed"


def _at(body: Mapping[str, Any], path: Sequence[str]) -> Any:
    found: Any = body
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _mapping(wanted: Mapping[str, Any], actual: Mapping[str, Any], path: str) -> Iterator[str]:
    # Ids are keys of `userAssignedIdentities`, in whatever case Azure likes.
    by_name = {key.lower(): value for key, value in actual.items()}
    for key, value in wanted.items():
        if value is not None:
            yield from _value(value, by_name.get(str(key).lower(), _MISSING), f"{path}.{key}".lstrip("."))


def _value(wanted: Any, actual: Any, path: str) -> Iterator[str]:
    if isinstance(wanted, Mapping):
        yield from _mapping(wanted, actual if isinstance(actual, Mapping) else {}, path)
        if not wanted and actual is _MISSING and path.startswith("identity."):
            yield f"{path}: added"
    elif isinstance(wanted, Sequence) and not isinstance(wanted, str):
        yield from _list(wanted, actual if isinstance(actual, Sequence) else [], path)
    elif not _same(wanted, actual, path):
        yield _told(wanted, actual, path)


def _list(wanted: Sequence[Any], actual: Sequence[Any], path: str) -> Iterator[str]:
    if _is_named(wanted) and _is_named(actual):
        yield from _named(wanted, {str(each["name"]): each for each in actual}, path)
        return
    if len(wanted) != len(actual):
        yield f"{path}: {len(actual)} -> {len(wanted)} entries"
        return
    for index, (one, other) in enumerate(zip(wanted, actual, strict=True)):
        yield from _value(one, other, f"{path}[{index}]")


def _named(wanted: Sequence[Any], actual: Mapping[str, Any], path: str) -> Iterator[str]:
    """Lists whose entries have names have no order."""
    for each in wanted:
        name = str(each["name"])
        inner = f"{path}[{name}]"
        if name not in actual:
            yield _short(inner, "added")
        else:
            rest = {key: value for key, value in each.items() if key != "name"}
            yield from _mapping(rest, actual[name], inner)
    for name in actual.keys() - {str(each["name"]) for each in wanted}:
        yield _short(f"{path}[{name}]", "removed")


def _is_named(values: Sequence[Any]) -> bool:
    return all(isinstance(each, Mapping) and "name" in each for each in values)


def _same(wanted: Any, actual: Any, path: str) -> bool:
    if wanted == actual:
        return True
    if not isinstance(wanted, str) or not isinstance(actual, str):
        # Azure takes text for numbers, and the reverse, and answers with its own kind.
        return actual is not _MISSING and not isinstance(wanted, bool) and str(wanted) == str(actual)
    if path in _REGIONS:
        return _region(wanted) == _region(actual)
    is_id = wanted.startswith("/subscriptions/")
    return (is_id or path in _ANY_CASE) and wanted.lower() == actual.lower()


def _told(wanted: Any, actual: Any, path: str) -> str:
    if isinstance(wanted, SecretText) or any(part in path for part in _SETTINGS):
        return _short(path, "changed")
    if wanted is UNKNOWN:
        return f"{path}: {UNKNOWN}"
    return f"{path}: {'nothing' if actual is _MISSING else repr(actual)} -> {wanted!r}"


def _short(path: str, what: str) -> str:
    """An app setting by its name alone."""
    if any(part in path for part in _SETTINGS):
        path = path.rpartition("[")[2].partition("]")[0]
    return f"{path}: {what}"


def _region(name: str) -> str:
    return name.replace(" ", "").lower()
