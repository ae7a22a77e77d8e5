"""The names every output path may use without the event having them: `{rand-guid}` and `{DateTime}`."""

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from triggers.errors import InvalidPath

DEFAULT_DATETIME = "yyyy-MM-ddTHH-mm-ssK"

_GUID_FORMATS: Mapping[str, Callable[[uuid.UUID], str]] = MappingProxyType(
    {
        "D": str,
        "N": lambda guid: guid.hex,
        "B": lambda guid: f"{{{guid}}}",
        "P": lambda guid: f"({guid})",
    }
)
# .NET's custom date and time specifiers -> strftime. The instant is always UTC, so K is "Z".
_DATE_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dddd": "%A", "ddd": "%a",
        "dd": "%d", "d": "%-d", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M",
        "ss": "%S", "s": "%-S", "tt": "%p", "K": "Z", "T": "T",
    }
)  # fmt: skip
_LETTER_RUN = re.compile(r"([A-Za-z])\1*")


def random_guid(style: str) -> str:
    """A new GUID in .NET's format `D` (the default), `N`, `B` or `P`; raises InvalidPath for another."""
    known = _GUID_FORMATS.get(style.upper() or "D")
    if known is None:
        raise InvalidPath(f"{{rand-guid:{style}}} has an unknown format; use one of D, N, B and P.")
    return known(uuid.uuid4())


def utc_time(style: str, now: datetime | None = None) -> str:
    """The time now in UTC in a .NET custom format such as `yyyy-MM-dd`; raises InvalidPath for unknown letters."""
    moment = now or datetime.now(UTC)

    def written(run: re.Match[str]) -> str:
        letters = run.group()
        if set(letters) == {"f"} and len(letters) <= 7:
            return f"{moment.microsecond:06d}0"[: len(letters)]
        if letters not in _DATE_PARTS:
            raise InvalidPath(
                f"{{DateTime:{style}}} has the unknown part {letters!r}; known are {', '.join(_DATE_PARTS)} and f."
            )
        return moment.strftime(_DATE_PARTS[letters])

    return _LETTER_RUN.sub(written, style or DEFAULT_DATETIME)


BUILT_INS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"rand-guid": random_guid, "sys.randguid": random_guid, "datetime": utc_time, "sys.utcnow": utc_time}
)
"""Lower-case name -> the value for the format behind its colon."""
