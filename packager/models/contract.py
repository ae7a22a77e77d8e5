"""What a model version is and what every model registry can do."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from packager.errors import InvalidModel

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-._]{0,254}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDetails:
    """What people say about a model; all but the properties may change later."""

    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    model_framework: str | None = None
    model_framework_version: str | None = None
    datasets: Sequence[tuple[str, str]] = ()
    """(what for, id of the data): "training" and "diabetes-2024", say."""
    sample_input: object = None
    """A JSON value that run() could be asked with."""
    sample_output: object = None
    """The JSON value that it should answer."""
    resources: Mapping[str, float] = field(default_factory=dict)
    """What serving takes, as far as it is known: `cpu`, `memoryInGB`, `gpu`."""
    created_by: str | None = None
    run_id: str | None = None
    experiment_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One registered version of a model: a file or a folder that does not change any more."""

    name: str
    version: int
    path: Path
    """Where the file or folder is on this machine, or would be put by `fetch()`; its name is the registered one."""
    sha256: str
    """Of the file, or of a folder's sorted listing of file hashes."""
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 by path, with '/': relative to the folder, or the one file's name; empty in old registries."""
    created_time: str | None = None
    """ISO 8601 in UTC."""
    details: ModelDetails = field(default_factory=ModelDetails)
    url: str | None = None
    """Where the registry keeps it."""

    @property
    def id(self) -> str:
        return f"{self.name}:{self.version}"


Change = Callable[[ModelDetails], ModelDetails]
"""Makes the details that a version has next of those that it has now."""


class ModelRegistry(Protocol):
    """Keeps model versions; safe to use from several processes at once.

    A registry that cannot be reached or written raises RegistryUnavailable.
    """

    def register(
        self, name: str, path: Path, details: ModelDetails, child_paths: Sequence[str] | None = None
    ) -> ModelVersion:
        """Copy the file or folder in as the next version (1, 2, ...; a number is never given out twice).

        With `child_paths` only those files and folders of the folder. Raises InvalidModel for a bad name or path.
        """
        ...

    def get(self, name: str, version: int | None = None) -> ModelVersion:
        """That version, the newest without one; raises ModelNotFound."""
        ...

    def versions(self, name: str | None = None) -> Sequence[ModelVersion]:
        """Every version (of that model), by name and then newest first."""
        ...

    def fetch(self, version: ModelVersion) -> Path:
        """The model's file or folder on this machine; raises ModelChanged unless it is what was registered."""
        ...

    def update(self, version: ModelVersion, change: Change) -> ModelVersion:
        """Change the details; of two changes at once none is lost. `change` may be called several times."""
        ...

    def delete(self, version: ModelVersion) -> None:
        """Forget the version and the files that no other version shares; raises ModelNotFound."""
        ...

    def clean(self) -> int:
        """Remove what killed registrations and deletions left behind; returns how many files and folders."""
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
    return listing_sha256({relative: content_sha256(file) for relative, file in files})


def listing_sha256(files: Mapping[str, str]) -> str:
    """The SHA-256 of a folder whose files have these hashes, by relative path."""
    listing = "".join(f"{sha256}  {relative}\n" for relative, sha256 in sorted(files.items()))
    return hashlib.sha256(listing.encode()).hexdigest()
