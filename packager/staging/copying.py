"""Copy a user's folder into the context: ignore rules, stable order, links followed, plain permissions."""

import os
import shutil
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec

from packager.errors import StagingError

ALWAYS_IGNORED = (
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "__pycache__",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".DS_Store",
    "*.pyc",
)
IGNORE_FILES = (".packagerignore", ".amlignore", ".gitignore")


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRules:
    """Which files of a folder stay behind, in the patterns of gitignore."""

    patterns: Sequence[str] = ()
    _spec: GitIgnoreSpec = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_spec", GitIgnoreSpec.from_lines(self.patterns))

    @classmethod
    def of(cls, folder: Path) -> "IgnoreRules":
        """Those of everybody, and those in the first of `.packagerignore`, `.amlignore` and `.gitignore` that is there.

        Raises StagingError with the line for a pattern that cannot be read.
        """
        for name in IGNORE_FILES:
            if (folder / name).is_file():
                return cls(patterns=(*_read(folder / name), *IGNORE_FILES, *ALWAYS_IGNORED))
        return cls(patterns=ALWAYS_IGNORED)

    def ignores(self, relative: str, *, is_folder: bool = False) -> bool:
        """Does the file or folder at this path (with '/') stay behind?"""
        return self._spec.match_file(f"{relative}/" if is_folder else relative)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of a folder was copied below one of its entries."""

    name: str
    size: int
    """Bytes."""


def sizes(folder: Path) -> list[Size]:
    """The entries of a folder with all that is below them, the biggest first."""
    found = [
        Size(name=f"{entry.name}/" if entry.is_dir() else entry.name, size=_bytes_of(entry))
        for entry in folder.iterdir()
    ]
    return sorted(found, key=lambda each: (-each.size, each.name))


def _bytes_of(entry: Path) -> int:
    files = entry.rglob("*") if entry.is_dir() else [entry]
    return sum(file.stat().st_size for file in files if file.is_file())


def copy_tree(source: Path, target: Path, rules: IgnoreRules, stays: Callable[[Path], bool] = lambda _: False) -> None:
    """Copy what `rules` and `stays` let through, links as what they point at; StagingError for what is no file."""
    target.mkdir(parents=True)
    for folder, relative in _folders(source, rules, stays):
        for entry in sorted(folder.iterdir()):
            path = f"{relative}{entry.name}"
            if rules.ignores(path, is_folder=entry.is_dir()) or stays(entry):
                continue
            _check_name(entry)
            if entry.is_dir():
                (target / path).mkdir()
            elif entry.is_file():
                shutil.copyfile(entry, target / path)
                (target / path).chmod(usual_mode(entry))
            else:
                raise StagingError(f"{entry} is a broken link or no regular file; remove it or ignore it.")


def _check_name(entry: Path) -> None:
    try:
        os.fsencode(entry.name).decode("utf-8")
    except UnicodeDecodeError as error:
        raise StagingError(
            f"The name of {os.fsencode(entry)!r} is not UTF-8, as all names in an image are; rename it or ignore it."
        ) from error


def make_readable(folder: Path) -> None:
    """Let any user of the image read everything, and run what its owner may run, whatever the umask was."""
    for parent, _, files in os.walk(folder):
        Path(parent).chmod(0o755)
        for file in files:
            path = Path(parent) / file
            path.chmod(usual_mode(path))


def usual_mode(file: Path) -> int:
    """Permissions of a file in a package: all may read, and run what its owner may run."""
    return 0o755 if file.stat().st_mode & stat.S_IXUSR else 0o644


def _folders(source: Path, rules: IgnoreRules, stays: Callable[[Path], bool]) -> list[tuple[Path, str]]:
    """Every folder to copy, parents first, with its path from the top as a prefix ('' or 'a/b/')."""
    found: list[tuple[Path, str]] = []
    waiting: list[tuple[Path, str, frozenset[Path]]] = [(source, "", frozenset())]
    while waiting:
        folder, relative, above = waiting.pop(0)
        real = folder.resolve()
        if real in above:
            raise StagingError(f"{folder} is a link to a folder that holds it; remove it or ignore it.")
        found.append((folder, relative))
        for entry in sorted(folder.iterdir()):
            path = f"{relative}{entry.name}"
            if entry.is_dir() and not rules.ignores(path, is_folder=True) and not stays(entry):
                waiting.append((entry, f"{path}/", above | {real}))
    return found


def _read(file: Path) -> list[str]:
    try:
        # Editors of Windows begin a file with a mark, which is no part of the first pattern.
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise StagingError(
            f"{file} is not UTF-8 (the byte at {error.start} is 0x{error.object[error.start]:02x}); save it as UTF-8. "
            "PowerShell writes UTF-16 unless it is told otherwise: Set-Content -Encoding utf8."
        ) from error
    for number, line in enumerate(lines, start=1):
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError as error:
            raise StagingError(f"{file}, line {number}: {line!r} is not a pattern of gitignore: {error}.") from error
    return lines
