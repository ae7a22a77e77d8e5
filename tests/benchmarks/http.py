"""Requests per second and p99 of our host and of azureml-inference-server-http, measured with wrk in turns."""

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from infra import run
from tests.benchmarks import peer
from tests.benchmarks.subject import BODY, staged, table

CONNECTIONS = (1, 16, 64)
ROUNDS = 3
SECONDS = 4
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One run of wrk."""

    requests: float
    """Per second."""
    p99: float
    """Milliseconds."""


def measure(url: str, key: str, connections: int, folder: Path) -> Figures:
    """Load `url` for a few seconds; raises RuntimeError when any answer was no success."""
    script = folder / "post.lua"
    script.write_text(
        f"wrk.method = 'POST'\nwrk.body = '{BODY}'\nwrk.headers['Content-Type'] = 'application/json'\n"
        + (f"wrk.headers['x-functions-key'] = '{key}'\n" if key else "")
    )
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", str(script), url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if re.search(r"Non-2xx|timeout [1-9]", text):
        raise RuntimeError(f"{url} did not answer every request: {text}")
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", text).groups()
    return Figures(requests=float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), p99=float(p99) * _UNITS[unit])


def main() -> int:
    if shutil.which("wrk") is None:
        print("This benchmark needs the program `wrk` (on Debian: apt-get install wrk).", file=sys.stderr)
        return 1
    peer.python()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        subject = staged(folder)
        with (
            run(subject.web_service) as web,
            run(subject.functions) as functions,
            peer.running(subject.model_dir, folder) as peer_url,
        ):
            key = functions.details.key
            contenders = {
                "ours, /score": (f"{web.details.url}/score", ""),
                "ours, /api/score + key": (f"{functions.details.url}/api/score", key),
                "azureml-inference-server-http": (peer_url, ""),
            }
            print(report(rounds(contenders, folder)))
    return 0


def rounds(contenders: dict[str, tuple[str, str]], folder: Path) -> dict[tuple[str, int], list[Figures]]:
    """Every contender at every number of connections, in turns, so that a slow minute hits all of them."""
    found: dict[tuple[str, int], list[Figures]] = defaultdict(list)
    for _ in range(ROUNDS):
        for connections in CONNECTIONS:
            for name, (url, key) in contenders.items():
                found[name, connections].append(measure(url, key, connections, folder))
    return found


def report(found: dict[tuple[str, int], list[Figures]]) -> str:
    names = list(dict.fromkeys(name for name, _ in found))
    heads = ["server", "connections", "requests/s", "p99 ms", "x the last", "requests/s of each round"]
    rows = []
    for connections in CONNECTIONS:
        base = statistics.median(f.requests for f in found[names[-1], connections])
        for name in names:
            runs = found[name, connections]
            rate = statistics.median(f.requests for f in runs)
            p99 = statistics.median(f.p99 for f in runs)
            each = " ".join(f"{f.requests:,.0f}" for f in runs)
            rows.append([name, str(connections), f"{rate:,.0f}", f"{p99:.1f}", f"{rate / base:.1f}", each])
    title = f"HTTP, {len(BODY)}-byte body, wrk with 1 thread, median of {ROUNDS} rounds of {SECONDS} s"
    return table(title, heads, rows)


if __name__ == "__main__":
    sys.exit(main())
