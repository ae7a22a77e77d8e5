"""Server-side apply as far as it matters: what a manager says no more goes, what others said or changed stays."""

import copy
from typing import Any

KEYS = ("name", "topologyKey")
ATOMIC = ("rules", "tls", "ingress", "triggers", "metrics", "secretTargetRef")
"""Lists that are said whole, names or not."""
_MISSING = object()


class FieldManagers:
    """Who said what of one object."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, Any]] = {}

    def conflict(self, manager: str, said: dict[str, Any]) -> bool:
        """Did another manager say something else?"""
        return any(_differs(each, said) for name, each in self._said.items() if name != manager)

    def apply(self, known: dict[str, Any], manager: str, said: dict[str, Any]) -> dict[str, Any]:
        """The object after it, by force where another manager said something else."""
        last, self._said[manager] = self._said.get(manager, {}), copy.deepcopy(said)
        others = [each for name, each in self._said.items() if name != manager]
        return _without(_merged(copy.deepcopy(known), copy.deepcopy(said)), last, said, others)


def _differs(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return any(_differs(one[key], other[key]) for key in one.keys() & other.keys())
    return bool(one != other)


def _merged(now: Any, said: Any, key: str = "") -> Any:
    if isinstance(now, dict) and isinstance(said, dict):
        return {**now, **{key: _merged(now.get(key), value, key) for key, value in said.items()}}
    name = _name_of(said, key)
    if name and _name_of(now, key) == name:
        kept = {each[name]: each for each in now}
        return list({**kept, **{each[name]: _merged(kept.get(each[name]), each) for each in said}}.values())
    return said


def _without(now: Any, last: Any, said: Any, others: list[Any]) -> Any:
    """`now` less what was said `last`, is not said any more, by nobody else, and was not changed by others."""
    found = {}
    for key, value in now.items():
        before, after = last.get(key, _MISSING), said.get(key, _MISSING)
        theirs = [each[key] for each in others if key in each]
        kept = _rest(value, before, after, theirs, key)
        if kept is not _MISSING:
            found[key] = kept
    return found


def _rest(now: Any, last: Any, said: Any, others: list[Any], key: str) -> Any:
    if last is _MISSING:
        return now
    if isinstance(now, dict) and isinstance(last, dict):
        found = _without(now, last, {} if said is _MISSING else said, others)
        return found if found or said is not _MISSING or others else _MISSING
    name = _name_of(now, key)
    if name and _name_of(last, key) == name:
        values = (now, last, [] if said is _MISSING else said, *others)
        entries, before, after, *theirs = ({each[name]: each for each in one} for one in values)
        rest = _without(entries, before, after, theirs)
        return list(rest.values()) if rest or said is not _MISSING else _MISSING
    return _MISSING if said is _MISSING and now == last and not others else now


def _name_of(values: Any, key: str) -> str:
    """What the entries of a list are known by; empty where it is said whole."""
    if not isinstance(values, list) or not values or key in ATOMIC:
        return ""
    return next((name for name in KEYS if all(isinstance(each, dict) and name in each for each in values)), "")
