"""What a model version is and what every model registry can do."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from packager.errors import InvalidModel

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-._]{0,254}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDetails:
    """What people say about a model when they register it."""

    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    model_framework: str | None = None
    model_framework_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One registered version of a model: a file or a folder that does not change any more."""

    name: str
    version: int
    path: Path
    """The model's file or folder; its own name is the one it was registered with."""
    sha256: str
    """Of the file, or of a folder's sorted listing of file hashes."""
    created_time: str | None = None
    """ISO 8601 in UTC."""
    details: ModelDetails = field(default_factory=ModelDetails)

    @property
    def id(self) -> str:
        return f"{self.name}:{self.version}"


class ModelRegistry(Protocol):
    """Keeps model versions; safe to use from several processes at once."""

    def register(self, name: str, path: Path, details: ModelDetails) -> ModelVersion:
        """Copy the file or folder in as the next version (1, 2, ...); InvalidModel for a bad name or path."""
        ...

    def get(self, name: str, version: int | None = None) -> ModelVersion:
        """That version, the newest without one; raises ModelNotFound."""
        ...

    def versions(self, name: str | None = None) -> Sequence[ModelVersion]:
        """Every version (of that model), by name and then newest first."""
        ...


def check_name(name: object) -> str:
    """`name` if it can name a model; raises InvalidModel."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidModel(
            f"Model name {name!r} is not valid: it must start with a letter or digit and hold at most 255 "
            "letters, digits, '-', '.' and '_'."
        )
    return name


def check_path(path: str | Path) -> Path:
    """The absolute path of an existing file or folder; raises InvalidModel."""
    found = Path(path).expanduser().absolute()
    if not found.is_file() and not found.is_dir():
        raise InvalidModel(f"Model path {str(path)!r} is neither a file nor a folder (looked at {found}).")
    return found


def content_sha256(path: Path) -> str:
    """The SHA-256 of a file, or of the sorted `<hash>  <relative path>` lines of a folder."""
    if path.is_file():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    files = sorted((file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file())
    listing = "".join(f"{content_sha256(file)}  {relative}\n" for relative, file in files)
    return hashlib.sha256(listing.encode()).hexdigest()
