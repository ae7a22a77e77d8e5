"""What the journal of a run under fire proves: nothing lost, nothing run twice without cause."""

import itertools
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.subject import table as aligned

# An output and a receipt are written after the function's end; a kill may fall in between.
_SETTLING = 2.0

TICK = "tick-"
"""What the occurrences of the timer that fires every few seconds begin with."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a function for one event."""

    event: str
    pid: int
    begun: float
    ended: float | None

    def was_cut_down(self, kills: Mapping[int, float]) -> bool:
        """Did a kill end it, before it had ended by itself and was settled?"""
        killed = kills.get(self.pid)
        return killed is not None and (self.ended is None or killed - self.ended < _SETTLING)


def runs_of(journal: Path) -> dict[str, list[Run]]:
    """The runs of every event, in the order they began."""
    begun: dict[tuple[str, int], list[float]] = defaultdict(list)
    ended: dict[tuple[str, int], list[float]] = defaultdict(list)
    for line in journal.read_text().splitlines() if journal.exists() else ():
        phase, event, pid, at = json.loads(line)
        (begun if phase == "begun" else ended)[event, pid].append(at)
    runs: dict[str, list[Run]] = defaultdict(list)
    for (event, pid), starts in begun.items():
        ends: list[float | None] = [*ended[event, pid]]
        # One process runs one event's runs one after the other, unless it breaks the promise: then ends are missing.
        ends += [None] * (len(starts) - len(ends))
        runs[event] += [
            Run(event=event, pid=pid, begun=start, ended=end) for start, end in zip(starts, ends, strict=True)
        ]
    return {event: sorted(found, key=lambda run: run.begun) for event, found in runs.items()}


def broken_promises(
    runs: Mapping[str, Sequence[Run]], expected: Mapping[str, bytes], answers: Mapping[str, bytes],
    kills: Mapping[int, float],
) -> list[str]:  # fmt: skip
    """One sentence for everything that must not be."""
    broken = [f"{event} has no answer." for event in expected if event not in answers]
    wrong = [event for event, answer in expected.items() if answers.get(event, answer) != answer]
    broken += [f"{event} has the wrong answer {answers[event]!r}." for event in wrong]
    broken += [told for event, found in runs.items() if (told := _ran_again(event, found, kills))]
    if not kills:
        broken += [f"{event} was missed though no host was killed." for event in missed(runs)]
    return broken


def _ran_again(event: str, runs: Sequence[Run], kills: Mapping[int, float]) -> str:
    """What is wrong with the runs of one event: only a run that a kill cut down may be followed by another."""
    times = ", ".join(f"by {run.pid} at {run.begun:.2f}" for run in runs)
    # A timer that fires more than once a minute catches up with nothing.
    if event.startswith(TICK) and len(runs) > 1:
        return f"{event} ran twice: {times}."
    if all(run.was_cut_down(kills) for run in runs[:-1]):
        return ""
    return f"{event} ran again though no kill cut it down: {times}."


def missed(runs: Mapping[str, Sequence[Run]]) -> list[str]:
    """The occurrences of the timer `tick` between its first and its last that nobody ran."""
    numbers = {int(event.removeprefix(TICK)) for event in runs if event.startswith(TICK)}
    return [f"{TICK}{number}" for number in range(min(numbers, default=0), max(numbers, default=0))
            if number not in numbers]  # fmt: skip


def table(runs: Mapping[str, Sequence[Run]], kills: Mapping[int, float]) -> str:
    """Events, runs and what the kills cost, by kind of event."""
    heads = ["kind", "events", "runs", "cut down", "run again", "most runs", "longest back s"]
    rows = [_row(kind, runs, kills) for kind in sorted({event.partition("-")[0] for event in runs})]
    title = f"{len(kills)} kills; {len(missed(runs))} occurrences of {TICK[:-1]!r} fell into the time without a holder"
    return aligned(title, heads, rows)


def _row(kind: str, runs: Mapping[str, Sequence[Run]], kills: Mapping[int, float]) -> list[str]:
    found = [many for event, many in runs.items() if event.startswith(f"{kind}-")]
    again = [many for many in found if len(many) > 1]
    cut = sum(run.ended is None for many in found for run in many)
    pairs = [pair for many in again for pair in itertools.pairwise(many)]
    back = max((later.begun - kills[earlier.pid] for earlier, later in pairs if earlier.pid in kills), default=0.0)
    counts = [len(found), sum(map(len, found)), cut, len(again), max(map(len, found))]
    return [kind, *map(str, counts), f"{back:.1f}"]
