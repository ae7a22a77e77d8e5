"""Proof: what was seen when a staged app was started and answered a sample through every trigger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from packager.errors import InvalidPackageRequest
from packager.samples import Sample
from packager.staging.contract_file import IMPOSSIBLE, INCOMPLETE, PROVED

GROUP = "packager.provers"
ANSWERED, FAILED, UNTRIED = "answered", "failed", "not proved"
_SHOWN = 60
_MIB = 1 << 20

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a place to run gives an app; None where it sets no limit, or none that is known."""

    memory: int | None = None
    """Bytes."""
    start: float | None = None
    """Seconds until it must answer."""
    item: float | None = None
    """Seconds for one event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How one function did."""

    function: str
    trigger: str
    """As people write it: `http`, `blob`; `web_service` for /score of a plain web service."""
    state: str
    """`answered`, `failed` or `not proved`."""
    sent_to: str = ""
    found_at: str = ""
    """The response's URL, the blob, the queue; empty for a function without an output."""
    seconds: float = 0.0
    """From sending to finding the answer."""
    answer: bytes = b""
    problem: str = ""
    """Why there is no answer, and the way out."""
    is_comparable: bool = False
    """Did it get the sample, so that its answer is that of every other function?"""

    def as_document(self) -> dict[str, object]:
        return {
            "function": self.function,
            "trigger": self.trigger,
            "state": self.state,
            "sentTo": self.sent_to,
            "foundAt": self.found_at,
            "seconds": round(self.seconds, 3),
            "answer": self.answer.decode(errors="replace"),
            "problem": self.problem,
        }

    @property
    def name(self) -> str:
        """The function and its trigger, if that is known."""
        return f"{self.function} ({self.trigger})" if self.trigger else self.function

    @property
    def line(self) -> str:
        """One line for a table."""
        where = f"{self.sent_to} -> {self.found_at}" if self.found_at else self.sent_to
        answer = self.answer[:_SHOWN].decode(errors="replace").replace("\n", " ")
        said = f"{self.seconds:.2f} s  {answer}" if self.state == ANSWERED else self.problem
        return f"{self.trigger:<18} {self.function:<18} {self.state:<10} {where}  {said}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the app took; None where it could not be seen."""

    import_seconds: float | None = None
    init_seconds: float | None = None
    start_seconds: float | None = None
    """From the start of the host until it took events."""
    item_seconds: float | None = None
    """What an event took on the average, by the quickest of the functions."""
    peak_memory: int | None = None
    """Bytes of all processes of the host together."""

    @property
    def line(self) -> str:
        """What is known, in one line."""
        seconds = (("import", self.import_seconds), ("init()", self.init_seconds), ("start", self.start_seconds))
        known = [f"{name} {value:.2f} s" for name, value in seconds if value is not None]
        known += [f"an item {self.item_seconds * 1000:.1f} ms"] if self.item_seconds is not None else []
        known += [f"at most {self.peak_memory / _MIB:.0f} MiB of memory"] if self.peak_memory is not None else []
        return ", ".join(known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was tried and seen."""

    tried: tuple[Tried, ...] = ()
    measured: Measured = field(default_factory=Measured)
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """What is wrong beside functions that failed: answers that differ, a limit that the sample ran into."""
    traceback: str = ""
    """What the user's own code raised, as Python tells it; empty when it raised nothing."""
    impossible: str = ""
    """Why nothing could be tried here; empty when something could."""

    @property
    def succeeded(self) -> bool:
        """Did nothing fail?"""
        return not self.problems and not any(each.state == FAILED for each in self.tried)

    @property
    def state(self) -> str:
        """The word that the package keeps of a proof that succeeded."""
        if self.impossible:
            return IMPOSSIBLE
        return INCOMPLETE if any(each.state == UNTRIED for each in self.tried) or not self.tried else PROVED

    @property
    def failure(self) -> str:
        """What failed, in sentences; empty when nothing did."""
        failed = [f"{each.name}: {each.problem}" for each in self.tried if each.state == FAILED]
        return " ".join((*failed, *self.problems))

    @property
    def lines(self) -> tuple[str, ...]:
        """For people: a line for each function, then what was measured."""
        rest = [self.measured.line] if self.measured.line else []
        return (*(each.line for each in self.tried), *(f"Measured: {line}" for line in rest))

    def as_document(self) -> dict[str, object]:
        """The proof as JSON values."""
        names = Measured.__dataclass_fields__
        return {
            "succeeded": self.succeeded,
            "state": self.state,
            "tried": [each.as_document() for each in self.tried],
            "measured": {name: getattr(self.measured, name) for name in names},
            "warnings": [*self.warnings],
            "problems": [*self.problems],
            "traceback": self.traceback,
            "impossible": self.impossible,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOrder:
    """What a prover is asked for."""

    app: Path
    """The staged app, which is left as it is."""
    image: str = ""
    """The image that was made of it, in a Docker Engine; if there is one, that is tried instead."""
    target: str | Limits | None = None
    """Limits, or the name of a place whose limits the prover knows."""
    sample: Sample | None = None
    """What to send; the packaged one, or that of the script's decorators, by default."""
    expected: Sample | None = None
    """What to compare the answers with; what was packaged with the sample by default."""
    triggers: tuple[str, ...] = ()
    """Only these; all of the app's without any."""
    timeout: float = 60.0
    """Seconds that each answer may take."""
    start_timeout: float = 300.0
    """Seconds that the app may take until it takes events."""
    log: Log = field(default=lambda _: None)
    settings: Mapping[str, str] = field(default_factory=dict)
    """App settings of the proof alone."""


class Prover(Protocol):
    """Starts staged apps and asks them."""

    def __call__(self, order: ProofOrder) -> Proof:
        """Try every function of the app; what fails is in the proof, and nothing is raised for it."""
        ...


def find_prover(name: str) -> Prover:
    """The prover that is installed under that name; raises InvalidPackageRequest."""
    known = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in known:
        raise InvalidPackageRequest(
            f"There is no prover {name!r}; the installed ones are {', '.join(sorted(known)) or 'none'}. Name one in "
            "PACKAGER_PROVER, or package without a proof (proof=False)."
        )
    try:
        found: Prover = known[name].load()
    except ImportError as error:
        package = known[name].module.partition(".")[0]
        raise InvalidPackageRequest(
            f"The prover {name!r} cannot be loaded: {error}. Is there a folder or file {package!r} of your own where "
            "you run this? It hides the packager's; run it from elsewhere or rename yours, or package without a proof "
            "(proof=False)."
        ) from error
    return found
