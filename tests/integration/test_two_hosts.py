"""Two host processes on one account: nothing is lost or run twice, whether one of them is killed or not."""

import pytest

from tests.chaos.journal import runs_of
from tests.chaos.two_hosts import Plan, run

# What a killed host had claimed comes back after 60 s.
_KILLED = Plan(seed=1, events=12, seconds=4, kills=3, longest_work=3)


@pytest.mark.azurite
@pytest.mark.usefixtures("azurite")
def test_a_killed_host_loses_nothing(tmp_path):
    assert run(_KILLED, tmp_path) == []
    assert any(one.ended is None for runs in runs_of(tmp_path / "journal").values() for one in runs)


@pytest.mark.parametrize("account", ["folder", pytest.param("azurite", marks=pytest.mark.azurite)])
def test_two_hosts_run_nothing_twice(tmp_path, account):
    assert run(Plan(account=account, events=24, seconds=5, kills=0, longest_work=0.5), tmp_path) == []
