"""What proofs compare and tell: answers that differ, limits that were passed, the user's own traceback."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from packager.proof import ANSWERED, UNTRIED, Limits, Measured, Proof, Tried

_RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ ")
TRACEBACK = "Traceback (most recent call last):"
_TAIL_LINES = 30
_MIB = 1 << 20
# Two machines, or two orders of the same sum, agree that far.
_RELATIVE, _ABSOLUTE = 1e-6, 1e-9


def same_answer(one: bytes, other: bytes) -> bool:
    """Are they the same JSON, numbers compared as far as arithmetic can promise? What is not JSON byte by byte."""
    try:
        return _alike(json.loads(one), json.loads(other))
    except ValueError:
        return one == other


def differences(tried: Sequence[Tried], expected: bytes | None) -> list[str]:
    """Sentences about answers to one and the same sample that are not the same, and not the expected one."""
    answers = [each for each in tried if each.state == ANSWERED and each.answer]
    told = [
        f"{each.name} answered the sample otherwise than {answers[0].name}; the script's answer depends on more "
        "than its input."
        for each in answers[1:]
        if not same_answer(each.answer, answers[0].answer)
    ]
    if expected is not None and answers and not same_answer(answers[0].answer, expected):
        told.append(
            f"{answers[0].name} answered {_short(answers[0].answer)}, but the sample output "
            f"is {_short(expected)}; correct the sample output, or the script."
        )
    return told


def not_json(tried: Sequence[Tried]) -> list[str]:
    """A sentence for all answers with numbers that Python writes and JSON has not; none without any."""
    names = [each.name for each in tried if each.state == ANSWERED and _has_no_number(each.answer)]
    if not names:
        return []
    return [
        f"{', '.join(names)} answered with NaN or Infinity, which is not JSON: many who read it will refuse it. Let "
        "run() return null for what is no number."
    ]


def untried(tried: Sequence[Tried]) -> list[str]:
    """A sentence for each reason why functions were not tried, with all that it is true of."""
    names: dict[str, list[str]] = {}
    for each in tried:
        if each.state == UNTRIED:
            names.setdefault(each.problem, []).append(each.name)
    return [
        f"{', '.join(found)} {'is' if len(found) == 1 else 'are'} not proved: {reason}"
        for reason, found in names.items()
    ]


def passed_limits(measured: Measured, limits: Limits, place: str, *, has_sample: bool) -> tuple[list[str], list[str]]:
    """Warnings and problems: what the sample itself ran into is a problem, the rest depends on the machine."""
    warnings: list[str] = []
    problems: list[str] = []
    if _over(measured.start_seconds, limits.start):
        warnings.append(
            f"The app took {measured.start_seconds:.1f} s to start; {place} waits {limits.start:g} s. Load less in "
            "init(), or raise that limit."
        )
    if _over(measured.peak_memory, limits.memory):
        text = (
            f"The app took {(measured.peak_memory or 0) / _MIB:.0f} MiB of memory; {place} has "
            f"{(limits.memory or 0) / _MIB:.0f} MiB. Choose a larger one, or a smaller model."
        )
        (problems if has_sample else warnings).append(text)
    if _over(measured.item_seconds, limits.item):
        problems.append(
            f"The sample took {measured.item_seconds:.1f} s; {place} ends an event after {limits.item:g} s. Choose "
            "another place, or send less at once."
        )
    return warnings, problems


def traceback_in(output: str) -> str:
    """The first traceback in what a host printed, to its end; the last lines of the output when there is none."""
    lines = output.splitlines()
    begin = next((at for at, line in enumerate(lines) if line.strip() == TRACEBACK), None)
    if begin is None:
        return "\n".join(lines[-_TAIL_LINES:])
    end = next((at for at in range(begin + 1, len(lines)) if _is_after(lines[at], lines[at - 1])), len(lines))
    return "\n".join(lines[begin:end])


def located(proof: Proof, places: Mapping[str, str]) -> Proof:
    """The proof with other paths: where it says a key of `places`, which is gone with it, it says the value."""

    def put(text: str) -> str:
        for seen, real in places.items():
            text = text.replace(seen, real)
        return text

    tried = (
        replace(each, problem=put(each.problem), sent_to=put(each.sent_to), found_at=put(each.found_at))
        for each in proof.tried
    )
    return replace(
        proof,
        traceback=put(proof.traceback),
        problems=tuple(put(each) for each in proof.problems),
        warnings=tuple(put(each) for each in proof.warnings),
        tried=tuple(tried),
    )


def _is_after(line: str, before: str) -> bool:
    """Does what is no part of a traceback begin here?"""
    return bool(_RECORD.match(line)) or line.startswith("Listening on ") or (not line and not before)


def _alike(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other or math.isclose(one, other, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE) or one != one != other  # noqa: PLR0124 - two NaN are alike here
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


def _has_no_number(answer: bytes) -> bool:
    found: list[str] = []
    try:
        json.loads(answer, parse_constant=found.append)
    except ValueError:
        return False
    return bool(found)


def _over(found: float | None, limit: float | None) -> bool:
    return found is not None and limit is not None and found > limit


def _short(content: bytes) -> str:
    text = content[:80].decode(errors="replace")
    return f"{text}..." if len(content) > len(text) else text
