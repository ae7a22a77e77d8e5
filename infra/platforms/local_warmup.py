"""Wait until a new container answers, or say why it never did."""

import http.client
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from infra.errors import NeverReady
from infra.platforms.local_containers import Found, Started

_PAUSE = 0.1
_ANSWER = 5.0
LAST_LINES = 40


class Watched(Protocol):
    """What is asked about a container on its way."""

    def find(self, container: str) -> Found | None: ...

    def logs(self, container: str, *, lines: int) -> Any: ...


def warmed_up(
    containers: Watched, started: Started, body: Mapping[str, Any], pause: Callable[[float], None] = time.sleep
) -> str:
    """The address that answers; raises NeverReady with the container's last lines when it ends or time is over.

    Any answer will do, as on App Service, unless the body says `must_succeed`: then it must be below 400.
    """
    begun, said = time.monotonic(), "nothing"
    while (elapsed := time.monotonic() - begun) < body["start_limit"]:
        for address in started.addresses:
            status = _status(f"{address}{body['ready_path']}")
            if status and (status < 400 or not body["must_succeed"]):
                return address
            said = f"status {status}" if status else said
        found = containers.find(started.container)
        if found is None or found.state in ("exited", "dead"):
            code = found.exit_code if found is not None else "unknown"
            raise _never(containers, started, f"ended by itself with exit code {code}")
        pause(_PAUSE)
    waited = f"did not answer {body['ready_path']} within {elapsed:.0f} seconds (it said {said})"
    raise _never(containers, started, waited)


def _never(containers: Watched, started: Started, what: str) -> NeverReady:
    lines = deque(containers.logs(started.container, lines=LAST_LINES), LAST_LINES)
    output = "\n".join(lines)
    return NeverReady(
        f"The container {started.container} {what}. Its last lines:\n{output or '(it printed nothing)'}\n"
        "Correct the image or its settings; WEBSITES_CONTAINER_START_TIME_LIMIT says how many seconds it may take.",
        output=output,
    )


def _status(url: str) -> int:
    """0 without an answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_ANSWER)
    try:
        connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
