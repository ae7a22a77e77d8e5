"""Blobs per second beside a bare loop, and the time from drop to answer, on a local folder and on Azurite."""

import json
import os
import random
import re
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from infra import RunningApp, run
from infra.emulators import Azurite
from infra.running import CONNECTIONS
from infra.storage import folder_connection, open_storage
from tests.benchmarks.accounts import Account, AzureAccount, FolderAccount
from tests.benchmarks.subject import BODY, Subject, staged, table

BLOBS = 1000
ROUNDS = 3
DROPS = 100
# What the blob trigger runs at once by default.
CONCURRENCY = 8 * (os.cpu_count() or 1)
_PATIENCE = 120.0
_EXECUTED = re.compile(r"Executed input/([\w-]+)\.json ")
# As long as the longest idle pause of each trigger, so that a drop finds an idle host at a random moment.
_PAUSES = {"folder": (0.05, 0.15), "azurite": (0.8, 1.8)}


def main() -> int:
    ours, bare = defaultdict(list), defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        subject = staged(Path(name))
        for _ in range(ROUNDS):
            for storage in _PAUSES:
                # Azurite slows down as it fills, so each measurement gets an account of its own.
                with account(storage) as (dropped, connection), _running(subject, connection) as running:
                    ours[storage].append(BLOBS / process(dropped, running, subject.model))
                with account(storage) as (dropped, _):
                    dropped.drop(_blobs())
                    bare[storage].append(BLOBS / dropped.bare(list(_blobs())))
        print(throughput_table(ours, bare))
        delays = []
        for storage in _PAUSES:
            with account(storage) as (_, connection), _running(subject, connection) as running:
                delays.append(latency(storage, running))
        print(table(f"Drop to answer, idle host, {DROPS} drops", ["storage", "median ms", "p99 ms", "most ms"], delays))
    return 0


@contextmanager
def account(storage: str) -> Iterator[tuple[Account, str]]:
    """An empty account and its connection setting."""
    if storage == "azurite":
        with Azurite() as azurite:
            yield AzureAccount(azurite.connection_string, CONCURRENCY), azurite.connection_string
    else:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            yield FolderAccount(Path(name)), folder_connection(Path(name))


def _running(subject: Subject, connection: str) -> RunningApp:
    return run(subject.functions, settings=dict.fromkeys(CONNECTIONS, connection))


def process(dropped: Account, running: RunningApp, model: Any) -> float:
    """Seconds from when all blobs are there to when all are answered; every answer is compared with the model's."""
    blobs = _blobs()
    # The host sleeps while the blobs arrive: all of them are there at once, and uploading takes none of its time.
    os.kill(running.details.pid, signal.SIGSTOP)
    dropped.drop(blobs)
    os.kill(running.details.pid, signal.SIGCONT)
    begun = time.monotonic()
    # The host's log tells its progress; asking the account for it would take the account's time. Looking seldom, and
    # only at what is new, leaves the processors to those who are measured.
    count = 0
    with running.details.log.open() as log:
        while count < len(blobs):
            if time.monotonic() - begun > _PATIENCE:
                raise RuntimeError(f"Only {count} of {len(blobs)} blobs were run within {_PATIENCE:.0f} seconds.")
            time.sleep(0.05)
            count += sum(_EXECUTED.search(line) is not None for line in log)
    seconds = time.monotonic() - begun
    _check_answers(dropped, blobs, model)
    _check_runs(running.details.log)
    return seconds


def _check_answers(dropped: Account, blobs: dict[str, bytes], model: Any) -> None:
    expected = {name.replace(".json", "_out.json"): json.loads(body)["data"] for name, body in blobs.items()}
    names = dropped.answered("")
    if names != set(expected):
        raise RuntimeError(f"{len(blobs)} blobs have {len(names)} answers.")
    answers = dropped.answers(names)
    wrong = [
        n for n, rows in expected.items() if not np.allclose(json.loads(answers[n]), model.predict(np.array(rows)))
    ]
    if wrong:
        raise RuntimeError(f"{len(wrong)} answers are not what model.predict says, {wrong[0]} for one.")


def _check_runs(log: Path) -> None:
    """The host's own log knows how often it ran each blob."""
    runs = Counter(_EXECUTED.findall(log.read_text()))
    several = [name for name, count in runs.items() if count > 1]
    if several or len(runs) != BLOBS:
        raise RuntimeError(f"{len(runs)} blobs were run, {len(several)} of them more than once.")


def latency(storage: str, running: RunningApp) -> list[str]:
    """From just before a drop to the answer in hand, one drop at a time at random moments."""
    client = open_storage(running.details.storage)
    chance = random.Random(7)
    seconds = []
    for i in range(DROPS):
        time.sleep(chance.uniform(*_PAUSES[storage]))
        begun = time.monotonic()
        client.put("input", f"single-{i}.json", BODY.encode())
        while client.get("output", f"single-{i}_out.json") is None:
            if time.monotonic() - begun > _PATIENCE:
                raise RuntimeError(f"single-{i}.json was not answered within {_PATIENCE:.0f} seconds.")
            time.sleep(0.002)
        seconds.append(time.monotonic() - begun)
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return [storage, *(f"{value * 1000:.0f}" for value in (statistics.median(seconds), cuts[98], max(seconds)))]


def throughput_table(ours: dict[str, list[float]], bare: dict[str, list[float]]) -> str:
    heads = ["storage", "blobs/s", "bare loop", "ratio", "blobs/s of each round", "bare loop of each round"]
    rows = []
    for storage in ours:
        rate, base = statistics.median(ours[storage]), statistics.median(bare[storage])
        each = [" ".join(f"{value:,.0f}" for value in values[storage]) for values in (ours, bare)]
        rows.append([storage, f"{rate:,.0f}", f"{base:,.0f}", f"{rate / base:.2f}", *each])
    title = f"{BLOBS:,} blobs at once, every answer checked, median of {ROUNDS} rounds, bare loop {CONCURRENCY} at once"
    return table(title, heads, rows)


def _blobs() -> dict[str, bytes]:
    return {f"{i:04}.json": _body(i) for i in range(BLOBS)}


def _body(seed: int) -> bytes:
    chance = random.Random(seed)
    # About 1 KB.
    return json.dumps({"data": [[round(chance.uniform(-1, 1), 6) for _ in range(10)] for _ in range(9)]}).encode()


if __name__ == "__main__":
    sys.exit(main())
