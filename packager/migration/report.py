"""The migration report: each use of a retired name, and what has become of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Verdict = Literal["works as is", "works with a change", "has no meaning here", "not supported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One import, call or attribute."""

    file: str
    line: int
    """From 1; in the cell, for notebooks."""
    cell: int | None = None
    """Of a notebook: the code cell, from 1."""
    name: str
    verdict: Verdict
    note: str = ""
    write: str | None = None
    """The line to write instead."""

    @property
    def place(self) -> str:
        """`file:line`, or `file:cell 3:line`."""
        return f"{self.file}:{self.line}" if self.cell is None else f"{self.file}:cell {self.cell}:{self.line}"

    def __str__(self) -> str:
        said = f"{self.place}  {self.name}  {self.verdict}"
        said += f": {self.note}" if self.note else ""
        return f"{said}\n    {self.write}" if self.write else said


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationReport:
    """What was found in all files, in their order."""

    files: Sequence[str]
    findings: Sequence[Finding]

    @property
    def supported(self) -> bool:
        """Is there nothing that is not supported?"""
        return all(each.verdict != "not supported" for each in self.findings)

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of each verdict, those that there are."""
        return dict(Counter(each.verdict for each in self.findings))

    def as_json(self) -> dict[str, object]:
        """The report as JSON values."""
        return {
            "files": [*self.files],
            "supported": self.supported,
            "counts": self.counts,
            "findings": [asdict(each) for each in self.findings],
        }
