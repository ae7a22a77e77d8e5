"""Read requirements files and conda specifications."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packager.errors import InvalidEnvironment

_LOGGER = logging.getLogger(__name__)
_INCLUDE = re.compile(r"(?:-r|--requirement)[\s=]\s*(\S+)")
_CONSTRAINTS = re.compile(r"-c|--constraint")
_KEPT_OPTIONS = ("--extra-index-url", "--index-url", "-i", "--find-links", "-f", "--trusted-host", "--pre")
_CONDA_KEYS = frozenset({"name", "channels", "dependencies", "prefix", "variables"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementsFile:
    """The requirements of a file and the lines of options for pip."""

    requirements: Sequence[str] = ()
    options: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CondaFile:
    """What a conda specification asks for."""

    python_version: str | None = None
    """Major and minor version: `3.11`."""
    channels: Sequence[str] = ()
    conda_packages: Sequence[str] = ()
    pip: RequirementsFile = field(default_factory=RequirementsFile)
    variables: Mapping[str, str] = field(default_factory=dict)


def read_requirements(file: Path) -> RequirementsFile:
    """The requirements in `file` and in those it includes; raises InvalidEnvironment with file and line."""
    return _sort_lines(list(_lines(file, ())))


def read_conda_file(file: Path) -> CondaFile:
    """The specification in `file`; raises InvalidEnvironment with the offending key or entry."""
    document = _load_mapping(file)
    unknown = sorted(str(key) for key in document if key not in _CONDA_KEYS)
    if unknown:
        raise InvalidEnvironment(f"{file}: unknown key {unknown[0]!r}; valid are {', '.join(sorted(_CONDA_KEYS))}.")
    dependencies = document.get("dependencies") or []
    if not isinstance(dependencies, list):
        raise InvalidEnvironment(f"{file}: 'dependencies' must be a list.")
    packages = [entry for entry in dependencies if isinstance(entry, str)]
    channels = document.get("channels") or []
    if not isinstance(channels, list):
        raise InvalidEnvironment(f"{file}: 'channels' must be a list.")
    variables = document.get("variables") or {}
    if not isinstance(variables, dict):
        raise InvalidEnvironment(f"{file}: 'variables' must be a table of names and values.")
    python, others = split_python(packages)
    return CondaFile(
        python_version=python,
        channels=[str(each) for each in channels],
        conda_packages=others,
        pip=_sort_lines(list(_pip_lines(file, dependencies))),
        variables={str(key): str(value) for key, value in variables.items()},
    )


def _sort_lines(lines: Sequence[tuple[str, str]]) -> RequirementsFile:
    options = [text for _, text in lines if text.startswith("-")]
    requirements = [_checked(place, text) for place, text in lines if not text.startswith("-")]
    for place, text in lines:
        if _CONSTRAINTS.match(text):
            raise InvalidEnvironment(
                f"{place}: {text!r} is not followed, as a package has no file of constraints. Name the packages with "
                "their versions as requirements; all others are locked when the image is made."
            )
        if text.startswith("-") and not text.startswith(_KEPT_OPTIONS):
            raise InvalidEnvironment(
                f"{place}: {text!r} cannot go into an image; name the package with a version, or put your own code "
                "into the source directory."
            )
    return RequirementsFile(requirements=requirements, options=options)


def _checked(place: str, text: str) -> str:
    from packaging.requirements import InvalidRequirement, Requirement

    without_hashes = re.split(r"\s--hash[=\s]", text)[0].strip()
    if without_hashes != text:
        _LOGGER.warning("%s: --hash is left out; what host and triggers need comes without hashes.", place)
    try:
        return str(Requirement(without_hashes))
    except InvalidRequirement as error:
        raise InvalidEnvironment(
            f"{place}: {text!r} is not a requirement such as 'numpy==1.26.4' ({str(error).splitlines()[0]})."
        ) from error


def _lines(file: Path, seen: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    """(place, text) of every logical line, included files in place."""
    path = file.expanduser().resolve()
    if path in seen:
        raise InvalidEnvironment(f"{file} includes itself.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidEnvironment(f"The requirements file {file} cannot be read: {error}.") from error
    for number, raw in enumerate(_logical_lines(text), start=1):
        line = re.sub(r"(^|\s)#.*$", "", raw).strip()
        include = _INCLUDE.match(line)
        if include:
            yield from _lines(path.parent / include[1], (*seen, path))
        elif line:
            yield f"{file}, line {number}", line


def _logical_lines(text: str) -> list[str]:
    """Lines with their continuations; the lines a continuation takes stay behind as empty ones, so numbers hold."""
    lines: list[str] = []
    owner: int | None = None
    for raw in text.splitlines():
        body = raw.removesuffix("\\")
        if owner is None:
            lines.append(body)
        else:
            lines[owner] += f" {body}"
            lines.append("")
        owner = (len(lines) - 1 if owner is None else owner) if body != raw else None
    return lines


def _load_mapping(file: Path) -> Mapping[str, object]:
    import yaml

    try:
        document = yaml.safe_load(file.expanduser().read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidEnvironment(f"The conda file {file} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise InvalidEnvironment(f"The conda file {file} must hold keys such as 'dependencies'.")
    return document


def _pip_lines(file: Path, dependencies: Sequence[object]) -> Iterator[tuple[str, str]]:
    for entry in dependencies:
        if isinstance(entry, str):
            continue
        if not isinstance(entry, dict) or set(entry) != {"pip"} or not isinstance(entry["pip"], list):
            raise InvalidEnvironment(f"{file}: {entry!r} is neither a package nor a 'pip:' list.")
        for line in entry["pip"]:
            include = _INCLUDE.match(str(line))
            if include:
                yield from _lines(file.parent / include[1], ())
            else:
                yield f"{file}, pip entry", str(line).strip()


def split_python(packages: Sequence[str]) -> tuple[str | None, list[str]]:
    """The python version asked for and the other packages, `pip` itself left out."""
    python, others = None, []
    for package in packages:
        name = re.split(r"[\s=<>!~\[]", package.rpartition("::")[2].strip(), maxsplit=1)[0].lower()
        if name == "python":
            found = re.search(r"(\d+\.\d+)", package)
            python = found[1] if found else None
        elif name not in {"pip", "setuptools", "wheel"}:
            others.append(package)
    return python, others
