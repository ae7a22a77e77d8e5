"""What Azurite says of the requests it answered: one line each, told apart by operation."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from infra.emulators.azurite import ACCOUNT

_LINE = re.compile(
    r'^\S+ - - \[(?P<at>[^]]+)\] "(?P<method>[A-Z]+) (?P<url>\S+) HTTP/1\.1" (?P<status>\d{3}) ', re.MULTILINE
)
_PLACES = (
    ("azure-webjobs-hosts/blobreceipts/", "receipt"),
    ("azure-webjobs-hosts/blobfailures/", "failure record"),
    ("azure-webjobs-hosts/blobscaninfo/", "cursor"),
    ("azure-webjobs-hosts/locks/", "lease"),
    ("azure-webjobs-hosts", "host data"),
    ("azure-webjobs-blobtrigger-", "control queue"),
    ("webjobs-blobtrigger-poison", "poison queue"),
    ("input", "input"),
    ("output", "output"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request and its answer."""

    at: datetime
    """To the second."""
    method: str
    path: str
    """Without the account, decoded."""
    query: dict[str, list[str]]
    status: int

    @property
    def operation(self) -> str:
        """What it was about, such as `GET input` or `list input`."""
        place = next((name for start, name in _PLACES if self.path.startswith(start)), self.path.partition("/")[0])
        verb = "list" if "list" in self.query.get("comp", ()) else self.method
        return f"{verb} {place}"


def requests(log: Path, *, since: int = 0) -> Iterator[Request]:
    """Those noted in the log from that byte on."""
    for found in _LINE.finditer(log.read_bytes()[since:].decode(errors="replace")):
        url = urlsplit(found["url"])
        yield Request(
            at=datetime.strptime(found["at"], "%d/%b/%Y:%H:%M:%S %z"),
            method=found["method"],
            path=unquote(url.path).removeprefix(f"/{ACCOUNT}").lstrip("/"),
            query=parse_qs(url.query),
            status=int(found["status"]),
        )
