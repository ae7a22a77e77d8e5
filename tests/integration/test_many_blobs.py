"""The storm of tests/chaos/many_blobs.py, but a small one: hosts and the account are killed, and nothing is lost."""

import pytest

from tests.chaos.many_blobs import Plan, run


@pytest.mark.azurite
@pytest.mark.usefixtures("azurite")
def test_hosts_and_the_account_are_killed(tmp_path):
    plan = Plan(seed=1, blobs=150, seconds=12, outages=1, share_of_bad=0.02)
    assert run(plan, tmp_path) == []


def test_hosts_on_a_folder_are_killed(tmp_path):
    plan = Plan(seed=1, account="folder", blobs=150, seconds=8, outages=0, share_of_bad=0.02)
    assert run(plan, tmp_path) == []
