from dataclasses import replace
from pathlib import Path

import pytest

from infra.errors import InvocationFailed, RunTimedOut
from infra.executions import Executions
from tests.support import runs
from tests.support.fake_host import FakeHost

FUNCTION = runs.function(runs.BLOB)


def executions(host: FakeHost, folder: Path) -> Executions:
    return Executions(replace(runs.app_run(folder), url=host.url), FUNCTION)


def test_what_was_before_does_not_count(host: FakeHost, tmp_path: Path) -> None:
    host.ran("score_blob", failed=True)
    looked = executions(host, tmp_path)

    assert not looked.have_failed()
    with pytest.raises(RunTimedOut, match=r"score_blob did not run within 0\.02 seconds; .*host\.log"):
        looked.wait(0.02)


def test_a_success_ends_the_wait(host: FakeHost, tmp_path: Path) -> None:
    looked = executions(host, tmp_path)
    host.ran("another", failed=True)
    host.ran("score_blob")

    looked.wait(5)
    assert not looked.have_failed()


def test_a_failure_is_told_and_stays(host: FakeHost, tmp_path: Path) -> None:
    looked = executions(host, tmp_path)
    host.ran("score_blob", failed=True)

    assert looked.have_failed()
    assert looked.have_failed()
    with pytest.raises(InvocationFailed, match=r"score_blob failed; the reason may stand in .*host\.log"):
        looked.wait(5)
