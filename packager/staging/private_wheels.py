"""Bring wheels from folders of this machine into the context, so that it can be built anywhere."""

import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from email.parser import Parser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

FOLDER = "private-wheels"
_OPTION = re.compile(r"(?:--find-links|-f)(?:\s+|=)(?P<place>.+)")


def bring_wheels(requirements: str, folder: Path) -> str:
    """The requirements with the context's own folder for each local one of `--find-links`.

    Into that folder, below `folder`, go the wheels that the requirements name, and those that these require from the
    same place; nothing else that lies there.
    """
    lines = requirements.splitlines()
    local = {line: place for line in lines if (place := _local(line)) is not None}
    if not local:
        return requirements
    target = folder / FOLDER
    target.mkdir()
    wanted: set[str] = {canonicalize_name(each.name) for line in lines if (each := _requirement(line)) is not None}
    for place in local.values():
        for wheel in _closure(wanted, _wheels(place)):
            shutil.copyfile(wheel, target / wheel.name)
    kept = [line for line in lines if line not in local]
    return "".join(f"{line}\n" for line in (f"--find-links {FOLDER}", *kept))


def _local(line: str) -> Path | None:
    found = _OPTION.fullmatch(line.strip())
    if found is None:
        return None
    place = found["place"].strip().strip("\"'")
    path = Path(unquote(urlsplit(place).path) if place.startswith("file:") else place)
    return path if path.is_absolute() and path.is_dir() else None


def _requirement(line: str) -> Requirement | None:
    try:
        return Requirement(line)
    except InvalidRequirement:
        return None


def _wheels(place: Path) -> Mapping[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for wheel in sorted(place.glob("*.whl")):
        try:
            name = parse_wheel_filename(wheel.name)[0]
        except InvalidWheelFilename:
            continue
        found.setdefault(name, []).append(wheel)
    return found


def _closure(wanted: set[str], wheels: Mapping[str, list[Path]]) -> Iterator[Path]:
    """The wheels of those names, and of whatever they require."""
    known: set[str] = set()
    waiting = [*sorted(wanted)]
    while waiting:
        name = waiting.pop()
        if name in known:
            continue
        known.add(name)
        for wheel in wheels.get(name, ()):
            yield wheel
            waiting += _required(wheel)


def _required(wheel: Path) -> list[str]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            metadata = next((name for name in archive.namelist() if name.endswith(".dist-info/METADATA")), None)
            text = archive.read(metadata).decode(errors="replace") if metadata else ""
    except (OSError, zipfile.BadZipFile):
        return []
    named = (_requirement(line) for line in Parser().parsestr(text, headersonly=True).get_all("Requires-Dist", []))
    return [canonicalize_name(each.name) for each in named if each is not None]
