"""What must hold for many blobs after the storm, and what it cost; what the account itself lost is told apart."""

import itertools
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.chaos.journal import Run
from tests.chaos.many_app import ATTEMPTS, Order

# Azurite saves what it has every five seconds, which takes a while when it has much.
_UNSAVED = 8.0
# After an outage a rolled back lease or message may be given out a second time.
_AFTERMATH = 20.0

Outages = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """What is found when all has come to rest; names are those of the orders."""

    outputs: Mapping[str, bytes]
    errors: Collection[str]
    receipts: Mapping[str, Mapping[str, str]]
    poisoned: Sequence[str] = ()
    outages: Outages = ()
    last_writes: Mapping[str, float] = field(default_factory=dict)
    """When the account last said yes to a write of each path."""

    def loss(self, name: str) -> str:
        """What the account lost of that blob after it had said yes to it; empty when it lost nothing."""
        files = {"output": f"output/{name}_out.json", "error file": f"output/{name}_error.json"}
        kept = {"output": name in self.outputs, "error file": name in self.errors}
        for kind, path in files.items():
            if not kept[kind] and was_unsaved(self.last_writes.get(path), self.outages):
                return kind
        queued = next((text for key, text in self.receipts.get(name, {}).items() if key.lower() == "queued"), "")
        if queued and was_unsaved(datetime.fromisoformat(queued).timestamp(), self.outages):
            return "message"
        return "receipt" if was_unsaved(self._receipt_written(name), self.outages) else ""

    def is_settled(self, order: Order) -> bool:
        """Is there all that there must be, but for the poison message?"""
        facts = {key.lower() for key in self.receipts.get(order.name, {"incomplete": ""})}
        if order.bad:
            return order.name in self.errors and "poisoned" in facts
        return order.name in self.outputs and not facts & {"incomplete", "poisoned"}

    def _receipt_written(self, name: str) -> float | None:
        end = f"/input/{name}.json"
        return max((at for path, at in self.last_writes.items() if path.endswith(end)), default=None)


def was_unsaved(at: float | None, outages: Outages) -> bool:
    """Was the account killed so shortly after that moment that what it did then may be lost?"""
    return at is not None and any(begun - _UNSAVED <= at <= begun + 1 for begun, _ in outages)


def broken_promises(orders: Sequence[Order], found: Aftermath) -> list[str]:
    """One sentence for everything that must not be; what the account lost is not the hosts' fault."""
    bad = {order.name for order in orders if order.bad}
    unsettled = [order for order in orders if not order.bad or order.name not in found.poisoned]
    broken = [
        f"{order.name} is not settled: {state(order.name, found)}."
        for order in orders
        if not found.is_settled(order) and not found.loss(order.name)
    ]
    broken += [
        f"{order.name} has the wrong output {found.outputs[order.name]!r}."
        for order in orders
        if found.outputs.get(order.name, order.answer) != order.answer or (order.bad and order.name in found.outputs)
    ]
    broken += [f"{name} has an error file, but never failed." for name in set(found.errors) - bad]
    broken += [f"{name} is in the poison queue, but never failed." for name in set(found.poisoned) - bad]
    broken += [
        f"{order.name} is not in the poison queue." for order in unsettled if order.bad and not found.loss(order.name)
    ]
    return broken


def state(name: str, found: Aftermath) -> str:
    """What there is of that blob's answer."""
    parts = {"output": name in found.outputs, "error file": name in found.errors}
    written = " and ".join(part for part, there in parts.items() if there) or "nothing"
    return f"{written} was written, and its receipt is {dict(found.receipts.get(name, {'': 'missing'}))}"


def repeats(
    orders: Sequence[Order], runs: Mapping[str, Sequence[Run]], kills: Mapping[int, float], outages: Outages,
    written: Mapping[str, int],
) -> Counter[str]:  # fmt: skip
    """How many runs were more than needed, by their cause; `written` says how often each blob was uploaded.

    A good blob needs one run for each upload, a bad one as many as it has attempts.
    """
    found: Counter[str] = Counter()
    for order in orders:
        of_it = runs.get(order.name, ())
        needed = written.get(order.name, 1) * (ATTEMPTS if order.bad else 1)
        excess = len(of_it) - needed
        causes = [_cause(run, kills, outages) for run in of_it[:-1]]
        known = [cause for cause in causes if cause]
        kind = "bad" if order.bad else "good"
        for cause in itertools.islice(itertools.chain(known, itertools.repeat("nothing")), max(excess, 0)):
            found[f"{kind}, {cause}"] += 1
    return found


def without_cause(
    orders: Sequence[Order], runs: Mapping[str, Sequence[Run]], kills: Mapping[int, float], outages: Outages,
    written: Mapping[str, int],
) -> list[str]:  # fmt: skip
    """A sentence for each blob that was run more often than needed, though nothing was killed near its runs."""
    told = []
    for order in orders:
        alone = repeats([order], runs, kills, outages, written)
        if any(cause.endswith("nothing") for cause in alone):
            times = ", ".join(f"by {run.pid} at {run.begun:.2f}" for run in runs[order.name])
            told.append(f"{order.name} was run again without cause: {times}.")
    return told


def _cause(run: Run, kills: Mapping[int, float], outages: Outages) -> str:
    """Why that run may have had to be done once more."""
    if run.was_cut_down(kills):
        return "host killed"
    ended = run.ended or run.begun
    near = any(begun - _UNSAVED <= ended <= over + _AFTERMATH for begun, over in outages)
    return "storage killed" if near else ""
