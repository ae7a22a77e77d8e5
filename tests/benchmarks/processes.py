"""One, two and four worker processes around one large model: requests per second, and memory that is really used."""

import os
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from infra import run
from tests.benchmarks.http import Figures, measure
from tests.benchmarks.startup import memory
from tests.benchmarks.subject import table

COUNTS = (1, 2, 4)
ROUNDS = 3
CONNECTIONS = 16
_MODEL_MIB = 200

_APP = """from function_host.scoring import scoring_app

app = scoring_app(__file__, entry_script="score.py", model_dir="m", http={"auth_level": "anonymous"})
"""
_SCRIPT = f"""import json


def init():
    global model
    model = bytearray(b"x") * ({_MODEL_MIB} * 1024 * 1024)


def run(data):
    rows = json.loads(data)["data"]
    return sum(sum(row) * i for row in rows for i in range(2000)) + model[len(rows)]
"""


def main() -> int:
    if shutil.which("wrk") is None:
        print("This benchmark needs the program `wrk` (on Debian: apt-get install wrk).", file=sys.stderr)
        return 1
    found: dict[int, list[tuple[Figures, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        app = Path(scratch, "app")
        app.mkdir()
        for name, text in {"function_app.py": _APP, "score.py": _SCRIPT, "host.json": '{"version": "2.0"}'}.items():
            (app / name).write_text(text)
        for _ in range(ROUNDS):
            for count in COUNTS:
                with run(app, settings={"FUNCTIONS_WORKER_PROCESS_COUNT": str(count)}) as running:
                    figures = measure(f"{running.details.url}/api/score", "", CONNECTIONS, Path(scratch))
                    found[count].append((figures, memory(running.details.pid) / 1024))
    print(report(found))
    return 0


def report(found: dict[int, list[tuple[Figures, float]]]) -> str:
    base = statistics.median(figures.requests for figures, _ in found[COUNTS[0]])
    rows = []
    for count, runs in found.items():
        rate = statistics.median(figures.requests for figures, _ in runs)
        p99 = statistics.median(figures.p99 for figures, _ in runs)
        mib = statistics.median(used for _, used in runs)
        each = " ".join(f"{figures.requests:,.0f}" for figures, _ in runs)
        rows.append([str(count), f"{rate:,.0f}", f"{rate / base:.2f}", f"{p99:.0f}", f"{mib:.0f}", each])
    heads = ["processes", "requests/s", "x one", "p99 ms", "MiB (PSS)", "requests/s of each round"]
    title = (
        f"A model of {_MODEL_MIB} MiB and a run() of pure Python, wrk at {CONNECTIONS} connections on "
        f"{os.cpu_count()} processors, medians of {ROUNDS} rounds"
    )
    return table(title, heads, rows)


if __name__ == "__main__":
    sys.exit(main())
