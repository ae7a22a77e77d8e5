"""A model registry that is a folder: `<root>/<name>/<version>/{model.json, files/<file or folder>}`.

A file that several versions hold is on disk once: each is a hard link to `<root>/.content/<first two>/<SHA-256>`.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from packager import config
from packager.errors import ModelNotFound, RegistryUnavailable
from packager.models.content import check_unchanged, copy_hashed, model_files, total_sha256
from packager.models.contract import Change, ModelDetails, ModelVersion, check_name, check_path, content_sha256
from packager.models.record import now, parsed, tombstone, version_of, written

_RECORD = "model.json"
_DELETED = "deleted.json"
_FILES = "files"
_CONTENT = ".content"
_INCOMING = ".incoming-"
LEFT_OVER = 24 * 3600.0
"""Seconds after which an unfinished registration is taken for one that was killed."""


class LocalModelRegistry:
    """Keeps model versions in one folder; several processes may register at once."""

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = Path(root or config.home() / "models").expanduser().absolute()

    def __repr__(self) -> str:
        return f"LocalModelRegistry({str(self.root)!r})"

    def register(
        self, name: str, path: Path, details: ModelDetails, child_paths: Sequence[str] | None = None
    ) -> ModelVersion:
        """Copy the file or folder in as the next version; nobody ever sees a half-copied one."""
        folder, source = self.root / check_name(name), check_path(path)
        files = model_files(source, child_paths)
        with self._writing():
            folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
            incoming = Path(tempfile.mkdtemp(prefix=_INCOMING, dir=folder))
            try:
                self._fill(incoming, source, files, details)
                return _read(name, _claim_next_version(incoming, folder))
            except BaseException:  # because nothing half registered may stay, cancelled or not
                shutil.rmtree(incoming, ignore_errors=True)
                raise

    def get(self, name: str, version: int | None = None) -> ModelVersion:
        folder = self.root / check_name(name)
        known = _numbers(folder)
        if not known:
            raise ModelNotFound(f"There is no model {name!r} in {self.root}; known are {self._known_names()}.")
        wanted = max(known) if version is None else version
        if wanted not in known:
            listed = ", ".join(str(number) for number in sorted(known))
            raise ModelNotFound(f"Model {name!r} has no version {wanted}; it has {listed}.")
        return _read(name, folder / str(wanted))

    def versions(self, name: str | None = None) -> Sequence[ModelVersion]:
        names = [check_name(name)] if name is not None else self._names()
        found = []
        for each in names:
            for number in sorted(_numbers(self.root / each), reverse=True):
                with suppress(ModelNotFound):  # deleted since the folder was listed
                    found.append(_read(each, self.root / each / str(number)))
        return found

    def fetch(self, version: ModelVersion) -> Path:
        return check_unchanged(version, version.path)

    def update(self, version: ModelVersion, change: Change) -> ModelVersion:
        with self._writing(), self._locked(version) as folder:
            current = _read(version.name, folder)
            changed = replace(current, details=change(current.details))
            _replace(folder / _RECORD, written(changed))
            return changed

    def delete(self, version: ModelVersion) -> None:
        with self._writing():
            with self._locked(version) as folder:
                current = _read(version.name, folder)
                _replace(folder / _DELETED, tombstone())
                # From here on another process may be faster: whatever is left, it sweeps.
                (folder / _RECORD).unlink(missing_ok=True)
                shutil.rmtree(folder / _FILES, ignore_errors=True)
            self._forget(current.files.values())

    def clean(self) -> int:
        """Remove what killed registrations and deletions left behind; returns how many files and folders."""
        if not self.root.is_dir():
            return 0
        with self._writing():
            folders = [*self.root.glob("*"), *self.root.glob("*/*")]
            removed = sum(_sweep(folder) for folder in folders if folder.is_dir())
            return removed + self._forget(file.name for file in (self.root / _CONTENT).glob("*/*"))

    def _fill(self, incoming: Path, source: Path, files: Mapping[str, Path], details: ModelDetails) -> None:
        target = incoming / _FILES / source.name
        folder = target if source.is_dir() else target.parent
        hashes = {relative: copy_hashed(file, folder / relative) for relative, file in files.items()}
        for relative, sha256 in hashes.items():
            self._share(folder / relative, sha256)
        version = ModelVersion(
            name="",
            version=0,
            path=target,
            sha256=total_sha256(source, hashes),
            files=hashes,
            created_time=now(),
            details=details,
        )
        _replace(incoming / _RECORD, written(version))
        incoming.chmod(0o755)

    def _share(self, file: Path, sha256: str) -> None:
        """Make `file` a link to the content of that hash; where a file system has no links it stays a copy."""
        content = self.root / _CONTENT / sha256[:2] / sha256
        content.parent.mkdir(parents=True, exist_ok=True)
        # Whoever opens a model for writing by mistake would change every version that shares the file.
        file.chmod(0o444)
        spare = file.with_name(f"{_INCOMING}{os.getpid()}")
        with suppress(OSError):
            try:
                content.hardlink_to(file)
            except FileExistsError:
                good = content_sha256(content) == sha256
                first, second = (content, file) if good else (file, content)
                spare.hardlink_to(first)
                spare.replace(second)
        # rename() does nothing when both names are links to one file already.
        spare.unlink(missing_ok=True)

    def _forget(self, hashes: Iterable[str]) -> int:
        """Remove content that no version is a link to; one that is just being linked keeps its own name for it."""
        removed = 0
        for sha256 in {*hashes}:
            content = self.root / _CONTENT / sha256[:2] / sha256
            with suppress(FileNotFoundError):
                if content.stat().st_nlink == 1:
                    content.unlink()
                    removed += 1
        return removed

    @contextmanager
    def _locked(self, version: ModelVersion) -> Iterator[Path]:
        """The version's folder, for one process at a time; raises ModelNotFound."""
        folder = self.get(version.name, version.version).path.parents[1]
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(descriptor)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RegistryUnavailable(
                f"The model registry {self.root} cannot be written ({error.strerror}: {error.filename}); make it "
                "writable, or choose another folder with $PACKAGER_HOME or workspace=."
            ) from error

    def _names(self) -> list[str]:
        if not self.root.is_dir():
            return []
        return sorted(folder.name for folder in self.root.iterdir() if folder.name != _CONTENT and _numbers(folder))

    def _known_names(self) -> str:
        return ", ".join(self._names()) or "none"


def _claim_next_version(incoming: Path, folder: Path) -> Path:
    """Rename refuses to replace a folder that is not empty, so each number is given out once."""
    number = max((int(entry.name) for entry in folder.iterdir() if entry.name.isdecimal()), default=0)
    while True:
        number += 1
        target = folder / str(number)
        try:
            return incoming.rename(target)
        except OSError:
            if not target.exists():
                raise


def _replace(file: Path, content: bytes) -> None:
    """Write the file whole or not at all, even if the machine stops."""
    descriptor, spare = tempfile.mkstemp(prefix=_INCOMING, dir=file.parent)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    Path(spare).chmod(0o644)
    Path(spare).replace(file)


def _sweep(folder: Path) -> int:
    """Remove what a killed registration, change or deletion left in a model's folder or a version's."""
    removed = 0
    for entry in folder.iterdir():
        with suppress(FileNotFoundError):
            if entry.name.startswith(_INCOMING) and time.time() - entry.stat().st_mtime > LEFT_OVER:
                _remove(entry)
                removed += 1
            elif (entry / _DELETED).is_file() and (entry / _FILES).is_dir():
                (entry / _RECORD).unlink(missing_ok=True)
                _remove(entry / _FILES)
                removed += 1
    return removed


def _remove(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink()


def _numbers(folder: Path) -> set[int]:
    return {int(entry.name) for entry in _entries(folder)}


def _entries(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        for entry in folder.iterdir():
            if entry.name.isdecimal() and (entry / _RECORD).is_file() and not (entry / _DELETED).exists():
                yield entry


def _read(name: str, folder: Path) -> ModelVersion:
    file = folder / _RECORD
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise ModelNotFound(f"Model {name!r} has no version {folder.name} any more.") from error
    record = parsed(content, str(file))
    return version_of(name, int(folder.name), record, parent=folder / _FILES, url=None)
