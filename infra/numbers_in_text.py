"""Sizes as people write them."""

import re

from infra.errors import InvalidDeployment

_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1024, "mi": 1024**2, "gi": 1024**3}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(|[kmg]i?)b?", re.IGNORECASE)


def bytes_in(text: str | int) -> int:
    """`512Mi`, `1.5GB` or a number of bytes; raises InvalidDeployment for anything else."""
    match = _SIZE.fullmatch(str(text).strip())
    size = int(float(match[1]) * _UNITS[match[2].lower()]) if match else 0
    if size <= 0:
        raise InvalidDeployment(f"{text!r} is no amount of memory; write '512Mi', '1.5GB' or a number of bytes.")
    return size
