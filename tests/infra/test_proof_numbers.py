import os
from dataclasses import replace
from pathlib import Path

from infra.proof_numbers import measured, peak_memory
from packager.proof import ANSWERED, Tried
from tests.support import runs
from tests.support.fake_host import FakeHost


def test_the_hosts_numbers(host: FakeHost, tmp_path: Path) -> None:
    host.gauges = {"script_import_seconds": 1.5, "script_init_seconds": 0.25}
    host.ran("score_http")
    host.ran("clock")
    run = replace(runs.app_run(tmp_path, pid=os.getpid()), url=host.url)
    tried = [
        Tried(function="score_http", trigger="http", state=ANSWERED, is_comparable=True),
        Tried(function="clock", trigger="timer", state=ANSWERED),
    ]

    found = measured(run, tried)

    assert (found.import_seconds, found.init_seconds, found.item_seconds) == (1.5, 0.25, 0.5)
    assert (found.peak_memory or 0) > 1_000_000


def test_what_cannot_be_seen_is_not_known(tmp_path: Path) -> None:
    run = replace(runs.app_run(tmp_path, pid=2**22 + 1), url="http://127.0.0.1:1")

    found = measured(run, [])

    assert (found.import_seconds, found.item_seconds, found.peak_memory) == (None, None, None)
    assert found.line == ""


def test_children_count_too() -> None:
    own = peak_memory(os.getpid()) or 0
    parent = peak_memory(os.getppid()) or 0

    assert parent > own
