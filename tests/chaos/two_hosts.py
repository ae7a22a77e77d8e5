"""Two hosts on one account, one of them killed again and again: `python -m tests.chaos.two_hosts --seed N`."""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.chaos import accounts, app
from tests.chaos.hosts import Hosts
from tests.chaos.journal import broken_promises, runs_of, table


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How hard the fire is."""

    seed: int = 0
    account: str = "azurite"
    events: int = 120
    """Blobs, and messages, each."""
    seconds: float = 40.0
    """For which events are dropped and hosts are killed."""
    kills: int = 6
    longest_work: float = 1.5
    patience: float = 90.0
    """Seconds that the last answers may take after the last drop; a claim runs out after 60."""


def run(plan: Plan, folder: Path) -> list[str]:
    """Put the plan into practice, print its table, and give back every promise that was broken."""
    with accounts.opened(plan.account, folder / "account") as account:
        hosts = Hosts(
            folder=folder, connection=account.connection, write=partial(app.write, with_queue=account.has_queues)
        )
        broken: list[str] = []
        try:
            hosts.start_all()
            expected = _fire(plan, account, hosts)
            answers, waited = _settled(plan, account, expected)
            # What runs a second time without cause would do so now.
            time.sleep(2)
        finally:
            broken += hosts.stop()
        runs = runs_of(hosts.journal)
        print(
            f"Seed {plan.seed} on {plan.account}: {len(expected)} events, the last answer {waited:.1f} s after the fire"
        )
        print(table(runs, hosts.kills), flush=True)
        return broken + broken_promises(runs, expected, answers, hosts.kills)


def _fire(plan: Plan, account: accounts.Account, hosts: Hosts) -> dict[str, bytes]:
    """Drop the events and kill the hosts at random moments; gives back the answers that must come."""
    chance = random.Random(plan.seed)
    moments: list[tuple[float, str, int]] = [(chance.uniform(0, plan.seconds), "blob", n) for n in range(plan.events)]
    if account.has_queues:
        moments += [(chance.uniform(0, plan.seconds), "message", n) for n in range(plan.events)]
    slot = plan.seconds / max(plan.kills, 1)
    moments += [((n + chance.uniform(0.2, 0.8)) * slot, "kill", n) for n in range(plan.kills)]
    expected: dict[str, bytes] = {}
    begun = time.monotonic()
    for at, what, number in sorted(moments):
        time.sleep(max(0.0, begun + at - time.monotonic()))
        if what == "kill":
            hosts.replace(chance.choice(hosts.names))
            continue
        order = {"number": number, "seconds": round(chance.uniform(0, plan.longest_work), 3)}
        expected[f"{what}-{number}"] = json.dumps({"square": number**2}).encode()
        (account.drop_blob if what == "blob" else account.send_message)(str(number), order)
    return expected


def _settled(plan: Plan, account: accounts.Account, expected: dict[str, bytes]) -> tuple[dict[str, bytes], float]:
    """The answers once all are there, or the patience is over, and how long that took."""
    begun = time.monotonic()
    while True:
        answers, waited = account.answers(), time.monotonic() - begun
        if expected.keys() <= answers.keys() or waited > plan.patience:
            return answers, waited
        time.sleep(0.5)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.two_hosts", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--account", choices=["azurite", "folder"], default="azurite")
    parser.add_argument("--events", type=int, default=Plan.events)
    parser.add_argument("--seconds", type=float, default=Plan.seconds)
    parser.add_argument("--kills", type=int, default=Plan.kills)
    parser.add_argument("--no-kills", action="store_const", const=0, dest="kills")
    parser.add_argument("--keep", type=Path, help="an empty folder for logs and journal (default: thrown away)")
    options = vars(parser.parse_args(arguments))
    keep = options.pop("keep")
    with tempfile.TemporaryDirectory(prefix="chaos-") as scratch:
        broken = run(Plan(**options), keep or Path(scratch))
    print(*(broken or ["Every promise was kept."]), sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
