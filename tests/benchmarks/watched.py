"""Hosts on an Azurite that notes every request, and what both say about the blobs: counts and times, no questions."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from infra.emulators import Azurite
from tests.benchmarks.access_log import requests
from tests.chaos import many_app
from tests.chaos.hosts import Hosts

_EXECUTED = re.compile(r"^(\S+ \S+) .* Executed input/([\w-]+)\.json ", re.MULTILINE)
_PAUSE = 0.1
# Azurite's own words for what the benchmark itself does.
OUR_UPLOADS = "PUT input"


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The processes under observation."""

    connection: str
    folder: Path
    hosts: Hosts

    @property
    def mark(self) -> int:
        """Where the log of requests ends now."""
        return self._log.stat().st_size

    def operations(self, since: int) -> Counter[str]:
        """What the hosts asked of the account since that mark, by operation."""
        found = Counter(request.operation for request in requests(self._log, since=since))
        del found[OUR_UPLOADS]
        return found

    def executed(self) -> dict[str, float]:
        """When the output of each blob had been written, by the hosts' own logs."""
        found: dict[str, float] = {}
        for name in self.hosts.names:
            for at, blob in _EXECUTED.findall((self.folder / f"{name}.log").read_text()):
                found.setdefault(blob, datetime.strptime(at, "%Y-%m-%d %H:%M:%S,%f").astimezone().timestamp())
        return found

    def wait_for(self, count: int, patience: float) -> dict[str, float]:
        """When each of so many blobs had been answered; raises RuntimeError if that takes too long."""
        deadline = time.monotonic() + patience
        while len(found := self.executed()) < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"Only {len(found)} of {count} blobs were answered within {patience:.0f} seconds.")
            time.sleep(_PAUSE)
        return found

    @property
    def _log(self) -> Path:
        return self.folder / "access.log"


@contextmanager
def account(folder: Path, data: Path | None = None) -> Iterator[str]:
    """The connection string of an account whose requests are noted in the folder; in memory, or with that data."""
    with Azurite(data, log=folder / "access.log") as azurite:
        yield azurite.connection_string


@contextmanager
def watched(
    folder: Path, connection: str, *, instances: int = 1, start_from: str = "all", with_events: bool = False
) -> Iterator[Watched]:
    """So many hosts with the settings that they have by themselves, on the account that notes into the folder."""
    hosts = Hosts(
        folder=folder, connection=connection, names=("one", "two")[:instances],
        write=partial(many_app.write, in_storm=False, start_from=start_from, with_events=with_events),
    )  # fmt: skip
    try:
        hosts.start_all()
        yield Watched(connection=connection, folder=folder, hosts=hosts)
    finally:
        hosts.stop()
