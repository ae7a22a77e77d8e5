"""The storm of tests/chaos/many_messages.py, but a small one: hosts and the bus are killed, and nothing is lost."""

import gc
import warnings

import pytest

from tests.chaos.many_messages import Plan, run


@pytest.mark.service_bus
def test_hosts_and_the_bus_are_killed(tmp_path):
    plan = Plan(seed=1, messages=150, seconds=12, outages=1, share_of_bad=0.02)
    with warnings.catch_warnings():
        # The SDK leaves the socket of a broken connection to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        assert run(plan, tmp_path) == []
        gc.collect()
