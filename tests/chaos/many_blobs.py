"""Many blobs, two hosts and the account killed again and again: `python -m tests.chaos.many_blobs --seed N`."""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.subject import table
from tests.chaos import many_app
from tests.chaos.hosts import Hosts
from tests.chaos.journal import runs_of
from tests.chaos.many_accounts import StormAccount, opened
from tests.chaos.many_app import Order, order
from tests.chaos.many_judge import Aftermath, broken_promises, repeats, state, without_cause

_AT_ONCE = 4
_LOOK_EVERY = 2.0
_AT_REST = 3
"""So many looks in a row must find nothing in the queue before what is missing counts as lost."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How hard the storm is."""

    seed: int = 0
    account: str = "azurite"
    blobs: int = 5000
    seconds: float = 60.0
    """For which blobs are uploaded, and hosts and the account are killed."""
    between_kills: tuple[float, float] = (3.0, 6.0)
    outages: int = 2
    share_of_bad: float = 0.01
    longest_work: float = 0.02
    patience: float = 360.0
    """Seconds that the rest may take: a claim runs out after 60, the last of five attempts has waited for 8, and what
    the account forgot is found by a full sweep."""


class Storm:
    """One plan, put into practice."""

    def __init__(self, plan: Plan, folder: Path, account: StormAccount) -> None:
        self._plan = plan
        self._account = account
        self._chance = random.Random(plan.seed)
        self.hosts = Hosts(folder=folder, connection=account.connection, write=many_app.write)
        self.orders = self._orders()
        self.uploads: Counter[str] = Counter()
        self._lost_uploads = 0
        self._losses: dict[str, str] = {}
        self._uploaders = ThreadPoolExecutor(_AT_ONCE)
        self._uploading: dict[str, Future[None]] = {}

    @property
    def lost(self) -> Counter[str]:
        """What the account said yes to and had forgotten when it came back."""
        return Counter({"upload": self._lost_uploads, **Counter(self._losses.values())})

    def rage(self) -> None:
        """Upload and kill at random moments until the plan's time is over and every blob is there."""
        plan, chance = self._plan, self._chance
        moments: list[tuple[float, str, Order | None]]
        moments = [(chance.uniform(0, plan.seconds), "upload", one) for one in self.orders]
        moments += [(at, "host", None) for at in self._kills()]
        slot = plan.seconds / max(plan.outages, 1)
        moments += [((n + chance.uniform(0.3, 0.8)) * slot, "account", None) for n in range(plan.outages)]
        begun = time.monotonic()
        for at, what, one in sorted(moments, key=lambda moment: moment[0]):
            time.sleep(max(0.0, begun + at - time.monotonic()))
            if what == "host":
                self.hosts.replace(chance.choice(self.hosts.names))
            elif what == "account":
                self._crash()
            elif one is not None:
                self._upload(one)
        wait(self._uploading.values())
        for future in self._uploading.values():
            future.result()

    def left_in_queue(self) -> int:
        """Messages that nobody takes out of the control queue; one that is hidden comes back later."""
        deadline = time.monotonic() + self._plan.patience
        while (left := self._account.queued()) and time.monotonic() < deadline:
            time.sleep(1)
        return left

    def settle(self) -> Aftermath:
        """Wait until all is settled but what the account lost; that is uploaded anew once, as its owner would."""
        deadline, at_rest = time.monotonic() + self._plan.patience, 0
        while True:
            self._wait_for_silence(deadline)
            found = self._look(outputs=False)
            missing = [one for one in self.orders if not found.is_settled(one)]
            if self._upload_what_is_gone(missing):
                at_rest = 0
                continue
            at_rest = at_rest + 1 if self._account.queued() == 0 else 0
            if not missing or time.monotonic() > deadline:
                break
            losses = {one.name: found.loss(one.name) for one in missing}
            if at_rest >= _AT_REST and all(losses.values()):
                again = [one for one in missing if losses[one.name] != "receipt" and self.uploads[one.name] < 2]
                self._losses.update(losses)
                for name, loss in losses.items():
                    print(f"Azurite lost the {loss} of {name}: {state(name, found)}.", flush=True)
                if not again:
                    break
                for one in again:
                    self._upload(one, anew=True)
                wait(self._uploading.values())
                at_rest = 0
        # What runs a second time without cause would do so now.
        time.sleep(_LOOK_EVERY)
        return self._look(outputs=True)

    def _wait_for_silence(self, deadline: float) -> None:
        """Until no run begins or ends: looking at so much, again and again, would take the account's time."""
        size = -1
        while size != (size := self.hosts.journal.stat().st_size) and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY)

    def _orders(self) -> list[Order]:
        plan, chance = self._plan, self._chance
        bad = set(chance.sample(range(plan.blobs), max(round(plan.blobs * plan.share_of_bad), 1)))
        return [order(n, bad=n in bad, seconds=chance.uniform(0, plan.longest_work)) for n in range(plan.blobs)]

    def _kills(self) -> list[float]:
        at, moments = 0.0, []
        while (at := at + self._chance.uniform(*self._plan.between_kills)) < self._plan.seconds:
            moments.append(at)
        return moments

    def _upload(self, one: Order, *, anew: bool = False) -> None:
        self.uploads[one.name] += 1
        self._uploading[one.name] = self._uploaders.submit(self._account.put, one.name, one.body, anew=anew)

    def _crash(self) -> None:
        """An upload that the account had said yes to and lost is not the hosts' fault: it is made again."""
        done = {name for name, future in self._uploading.items() if future.done()}
        self._account.crash()
        gone = done - self._account.inputs()
        self._lost_uploads += len(gone)
        for one in self.orders:
            if one.name in gone:
                self._upload(one)

    def _upload_what_is_gone(self, missing: Sequence[Order]) -> bool:
        """An upload may be answered, and yet not known to be done, in the moment in which the account is killed."""
        there = self._account.inputs() if missing and self._account.outages else {one.name for one in missing}
        gone = [one for one in missing if one.name not in there]
        self._lost_uploads += len(gone)
        for one in gone:
            self._upload(one)
        wait(self._uploading.values())
        return bool(gone)

    def _look(self, *, outputs: bool) -> Aftermath:
        account = self._account
        # Receipts first: what they call done must be among the outputs that are listed after them.
        receipts, written = account.receipts(), account.written()
        return Aftermath(
            outputs=account.outputs(written["out"]) if outputs else dict.fromkeys(written["out"], b""),
            errors=written["error"],
            receipts=receipts,
            poisoned=account.poisoned() if outputs else (),
            outages=account.outages,
            last_writes=account.last_writes() if account.outages else {},
        )


def run(plan: Plan, folder: Path) -> list[str]:
    """Put the plan into practice, print its table, and give back every promise that was broken."""
    account = opened(plan.account, folder / "account")
    storm = Storm(plan, folder, account)
    begun = time.monotonic()
    broken: list[str] = []
    try:
        storm.hosts.start_all()
        storm.rage()
        raged = time.monotonic()
        found = storm.settle()
        ended = time.monotonic()
        queued = storm.left_in_queue()
    finally:
        broken += storm.hosts.stop()
        account.close()
    runs = runs_of(storm.hosts.journal)
    blame = (storm.orders, runs, storm.hosts.kills, account.outages, storm.uploads)
    costs = repeats(*blame)
    broken += [f"{queued} messages are left in the control queue."] if queued else []
    broken += broken_promises(storm.orders, found) + without_cause(*blame)
    bad = sum(one.bad for one in storm.orders)
    row = {
        "seed": str(plan.seed),
        "blobs": f"{len(storm.orders)}",
        "bad": str(bad),
        "outputs": f"{len(found.outputs)}",
        "hosts killed": str(len(storm.hosts.kills)),
        "storage killed": str(len(account.outages)),
        "runs": f"{sum(map(len, runs.values()))}",
        "run again: host killed": _both(costs, "host killed"),
        "storage killed ": _both(costs, "storage killed"),
        "no cause": _both(costs, "nothing"),
        "lost by storage": ", ".join(f"{count} {what}" for what, count in storm.lost.items() if count) or "nothing",
        "found by full sweep": str(storm.hosts.logged("was missed by the search")),
        "poison twice": str(len(found.poisoned) - len(set(found.poisoned))),
        "storm s": f"{raged - begun:.0f}",
        "rest s": f"{ended - raged:.0f}",
    }
    print(table(f"Many blobs on {plan.account} (run again: good + bad)", list(row), [list(row.values())]), flush=True)
    return broken


def _both(costs: Counter[str], cause: str) -> str:
    return f"{costs[f'good, {cause}']}+{costs[f'bad, {cause}']}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.many_blobs", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--account", choices=["azurite", "folder"], default="azurite")
    parser.add_argument("--blobs", type=int, default=Plan.blobs)
    parser.add_argument("--seconds", type=float, default=Plan.seconds)
    parser.add_argument("--outages", type=int, default=Plan.outages)
    parser.add_argument("--keep", type=Path, help="an empty folder for logs, journal and data (default: thrown away)")
    options = vars(parser.parse_args(arguments))
    keep = options.pop("keep")
    with tempfile.TemporaryDirectory(prefix="chaos-") as scratch:
        broken = run(Plan(**options), keep or Path(scratch))
    print(*(broken[:40] or ["Every promise was kept."]), sep="\n")
    if len(broken) > 40:
        print(f"and {len(broken) - 40} more.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
