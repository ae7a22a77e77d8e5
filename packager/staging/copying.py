"""Copy a user's folder into the context: ignore rules, stable order, links followed, plain permissions."""

import fnmatch
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

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
IGNORE_FILES = (".packagerignore", ".amlignore")


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRules:
    """Which files of a folder stay behind: shell patterns for a name, or for a path from the folder's top."""

    patterns: Sequence[str] = ()

    @classmethod
    def of(cls, folder: Path) -> "IgnoreRules":
        """Those of everybody and those in `.packagerignore`, or else in `.amlignore`: one pattern a line.

        Lines of gitignore that say more than a shell pattern ('!' and '**') are refused with StagingError.
        """
        for name in IGNORE_FILES:
            if (folder / name).is_file():
                return cls(patterns=(*ALWAYS_IGNORED, *IGNORE_FILES, *_read(folder / name)))
        return cls(patterns=ALWAYS_IGNORED)

    def ignores(self, relative: str) -> bool:
        """Does the file or folder at this path (with '/') stay behind?"""
        name = relative.rpartition("/")[2]
        return any(
            fnmatch.fnmatchcase(relative if "/" in pattern else name, pattern.lstrip("/")) for pattern in self.patterns
        )


def copy_tree(source: Path, target: Path, rules: IgnoreRules, stays: Callable[[Path], bool] = lambda _: False) -> None:
    """Copy what `rules` and `stays` let through, links as what they point at; StagingError for what is no file."""
    target.mkdir(parents=True)
    for folder, relative in _folders(source, rules, stays):
        for entry in sorted(folder.iterdir()):
            path = f"{relative}{entry.name}"
            if rules.ignores(path) or stays(entry):
                continue
            if entry.is_dir():
                (target / path).mkdir()
            elif entry.is_file():
                shutil.copyfile(entry, target / path)
            else:
                raise StagingError(f"{entry} is a broken link or no regular file; remove it or ignore it.")


def make_readable(folder: Path) -> None:
    """Let any user of the image read everything, whatever the umask was."""
    for parent, _, files in os.walk(folder):
        Path(parent).chmod(0o755)
        for file in files:
            (Path(parent) / file).chmod(0o644)


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
            if entry.is_dir() and not rules.ignores(path) and not stays(entry):
                waiting.append((entry, f"{path}/", above | {real}))
    return found


def _read(file: Path) -> list[str]:
    patterns = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        if pattern.startswith("!") or "**" in pattern:
            raise StagingError(
                f"{file}, line {number}: {pattern!r} is not a simple pattern; write a name such as '*.csv' or a "
                "path such as 'data/raw'."
            )
        patterns.append(pattern.rstrip("/"))
    return patterns
