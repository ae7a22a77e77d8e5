"""Time from process start to the first answer, and idle memory: our host beside the same answers by bare uvicorn."""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra import child
from tests.benchmarks.subject import table

FUNCTIONS = (1, 50)
ROUNDS = 5
_PATIENCE = 30.0
# After that long nothing is being started any more.
_IDLE = 0.5

_APP = "import azure.functions as func\n\napp = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)\n"
_FUNCTION = """

@app.route(route="f{n}")
def f{n}(req: func.HttpRequest) -> str:
    return "{n}"
"""
_BARE = """{imports}
import sys

import uvicorn

ANSWERS = {{f"/api/f{{n}}": str(n).encode() for n in range({count})}}


async def app(scope, receive, send):
    body = ANSWERS.get(scope["path"])
    await send({{"type": "http.response.start", "status": 200 if body else 404, "headers": []}})
    await send({{"type": "http.response.body", "body": body or b""}})


uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", ws="none", log_config=None)
"""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One start."""

    seconds: float
    memory_mib: float


Contender = Callable[[Path, int], list[str]]


def ours(folder: Path, count: int) -> list[str]:
    functions = "".join(_FUNCTION.format(n=n) for n in range(count))
    (folder / "function_app.py").write_text(_APP + functions)
    return ["-m", "function_host", "start", "--script-root", str(folder), "--port"]


def bare(folder: Path, count: int, imports: str = "") -> list[str]:
    (folder / "main.py").write_text(_BARE.format(imports=imports, count=count))
    return [str(folder / "main.py")]


def bare_with_library(folder: Path, count: int) -> list[str]:
    return bare(folder, count, "import azure.functions")


CONTENDERS: dict[str, Contender] = {
    "our host": ours,
    "bare uvicorn, azure.functions imported": bare_with_library,
    "bare uvicorn": bare,
}


def main() -> int:
    found: dict[tuple[str, int], list[Figures]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        commands = {}
        for i, (name, write) in enumerate(CONTENDERS.items()):
            for count in FUNCTIONS:
                folder = Path(scratch, f"{i}-{count}")
                folder.mkdir()
                commands[name, count] = write(folder, count)
        # The first start writes the byte code and fills the page cache; nobody is measured by it.
        for measured in range(ROUNDS + 1):
            for key, command in commands.items():
                figures = start(command, last=key[1] - 1, folder=Path(scratch))
                if measured:
                    found[key].append(figures)
    print(report(found))
    return 0


def start(command: list[str], *, last: int, folder: Path) -> Figures:
    """Start it, ask its last function until it answers, and look at its memory once it is idle."""
    port = _free_port()
    log = folder / "server.log"
    begun = time.perf_counter()
    process = child.start([sys.executable, *command, str(port)], env=dict(os.environ), log=log, cwd=folder)
    try:
        _wait(f"http://127.0.0.1:{port}/api/f{last}", process, log)
        seconds = time.perf_counter() - begun
        time.sleep(_IDLE)
        return Figures(seconds=seconds, memory_mib=memory(process.pid) / 1024)
    finally:
        child.stop(process)


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                answer.read()
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.002)
    raise RuntimeError(f"{url} was never answered; the server said: {log.read_text()[-2000:]}")


def memory(pid: int) -> int:
    """KiB of the process and of all that it started, shared pages counted in part (PSS)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(memory(int(other)) for other in children)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def report(found: dict[tuple[str, int], list[Figures]]) -> str:
    rows = []
    for (name, count), runs in sorted(found.items(), key=lambda item: item[0][1]):
        seconds = [run.seconds * 1000 for run in runs]
        memory = statistics.median(run.memory_mib for run in runs)
        each = " ".join(f"{one:,.0f}" for one in seconds)
        rows.append([name, str(count), f"{statistics.median(seconds):,.0f}", f"{memory:.1f}", each])
    heads = ["server", "functions", "first answer ms", "idle MiB", "ms of each round"]
    return table(f"Process start to first answer, and idle memory (PSS), medians of {ROUNDS} rounds", heads, rows)


if __name__ == "__main__":
    sys.exit(main())
