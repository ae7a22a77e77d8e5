"""Which web pages may read an answer: the headers of cross-origin requests, as the scoring server gave them."""

import re
from collections.abc import Mapping, Sequence

_METHODS = ("GET", "POST")
_PATTERN_SIGNS = frozenset("*\\]?$^[]()")
_ANY = "*"

Headers = Sequence[tuple[str, str]]


def cors_headers(allowed: Sequence[str], method: str, request: Mapping[str, str]) -> Headers:
    """The headers for an answer to `request` (its headers, by lower-case names); none when no origin is allowed.

    An allowed origin with the signs of a regular expression is one; `*` is any.
    """
    if not allowed:
        return []
    origin = request.get("origin")
    answered = _answered(allowed, origin)
    if answered is None:
        return []
    headers = [("Access-Control-Allow-Origin", answered)]
    if request.get("access-control-request-private-network") == "true":
        headers.append(("Access-Control-Allow-Private-Network", "false"))
    if method == "OPTIONS" and request.get("access-control-request-method", "").upper() in _METHODS:
        headers += _preflight(request)
    if answered != _ANY and (len(allowed) > 1 or _is_pattern(allowed[0])):
        # What caches may keep depends on who asks.
        headers.append(("Vary", "Origin"))
    return headers


def _answered(allowed: Sequence[str], origin: str | None) -> str | None:
    """Who may read: whoever asks, if allowed; one that would be, if nobody says who asks."""
    if origin:
        return origin if any(matches(each, origin) for each in allowed) else None
    if _ANY in allowed:
        return _ANY
    return min((each for each in allowed if not _is_pattern(each)), default=None)


def _preflight(request: Mapping[str, str]) -> Headers:
    asked = [name.strip() for name in request.get("access-control-request-headers", "").split(",") if name.strip()]
    methods = ("Access-Control-Allow-Methods", ", ".join(_METHODS))
    return [("Access-Control-Allow-Headers", ", ".join(sorted(asked))), methods] if asked else [methods]


def matches(allowed: str, origin: str) -> bool:
    """Is `origin` the allowed one, or one of those? Raises re.error for what is no regular expression."""
    if allowed == _ANY:
        return True
    if _is_pattern(allowed):
        return re.match(allowed, origin, re.IGNORECASE) is not None
    return allowed.lower() == origin.lower()


def _is_pattern(allowed: str) -> bool:
    return not _PATTERN_SIGNS.isdisjoint(allowed)
