"""What a running app took so far: the time of its script, and the memory of its processes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.app_run import AppRun
from infra.errors import InfraError
from infra.numbers import Numbers, read_numbers
from packager.proof import Measured, Tried

_HIGHEST = "VmHWM:"


def measured(run: AppRun, tried: Sequence[Tried]) -> Measured:
    """The host's own numbers of the functions that were tried; what cannot be seen is None."""
    try:
        numbers = read_numbers(run.url)
    except InfraError:
        numbers = {}
    script = numbers.get("", {})
    return Measured(
        import_seconds=script.get("script_import_seconds"),
        init_seconds=script.get("script_init_seconds"),
        item_seconds=_quickest(numbers, [each.function for each in tried if each.is_comparable]),
        peak_memory=peak_memory(run.pid),
    )


def peak_memory(process: int) -> int | None:
    """Bytes that the process and its children took at most, added up; None for one that cannot be seen from here."""
    found = [_highest(each) for each in _family(process)]
    known = [each for each in found if each is not None]
    return sum(known) if known else None


def _quickest(numbers: Numbers, functions: Sequence[str]) -> float | None:
    """Of the function that writes its output soonest: what run() takes is in all of them."""
    means = []
    for name in functions:
        known = numbers.get(name, {})
        if count := known.get("execution_duration_seconds_count"):
            means.append(known["execution_duration_seconds_sum"] / count)
    return min(means, default=None)


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _highest(process: int) -> int | None:
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(_HIGHEST)), None)
