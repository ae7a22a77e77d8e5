"""A model registry that is a folder: `<root>/<name>/<version>/{model.json, files/<file or folder>}`."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from packager import config
from packager.errors import InvalidModel, ModelNotFound
from packager.models.contract import ModelDetails, ModelVersion, check_name, check_path, content_sha256

_RECORD = "model.json"
_FILES = "files"


class LocalModelRegistry:
    """Keeps model versions in one folder; several processes may register at once."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or config.home() / "models").absolute()

    def __repr__(self) -> str:
        return f"LocalModelRegistry({str(self.root)!r})"

    def register(self, name: str, path: Path, details: ModelDetails) -> ModelVersion:
        """Copy the file or folder in as the next version; nobody ever sees a half-copied one."""
        folder, source = self.root / check_name(name), check_path(path)
        folder.mkdir(parents=True, exist_ok=True)
        incoming = Path(tempfile.mkdtemp(prefix=".incoming-", dir=folder))
        try:
            _fill(incoming, source, details)
            return _read(name, _claim_next_version(incoming, folder))
        except BaseException:
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
        return [
            _read(each, self.root / each / str(number))
            for each in names
            for number in sorted(_numbers(self.root / each), reverse=True)
        ]

    def _names(self) -> list[str]:
        if not self.root.is_dir():
            return []
        return sorted(folder.name for folder in self.root.iterdir() if _numbers(folder))

    def _known_names(self) -> str:
        return ", ".join(self._names()) or "none"


def _fill(incoming: Path, source: Path, details: ModelDetails) -> None:
    target = incoming / _FILES / source.name
    target.parent.mkdir()
    try:
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    except (OSError, shutil.Error) as error:
        raise InvalidModel(f"Model path {source} cannot be copied into the registry: {error}") from error
    record = {
        "file": source.name,
        "sha256": content_sha256(target),
        "createdTime": datetime.now(UTC).isoformat(timespec="seconds"),
        "details": {**asdict(details), "tags": dict(details.tags), "properties": dict(details.properties)},
    }
    (incoming / _RECORD).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
    incoming.chmod(0o755)


def _claim_next_version(incoming: Path, folder: Path) -> Path:
    """Rename refuses to replace a folder that is not empty, so each number is given out once."""
    number = max(_numbers(folder), default=0)
    while True:
        number += 1
        target = folder / str(number)
        try:
            return incoming.rename(target)
        except OSError:
            if not target.exists():
                raise


def _numbers(folder: Path) -> set[int]:
    return set(_entries(folder))


def _entries(folder: Path) -> Iterator[int]:
    if folder.is_dir():
        for entry in folder.iterdir():
            if entry.name.isdecimal() and (entry / _RECORD).is_file():
                yield int(entry.name)


def _read(name: str, folder: Path) -> ModelVersion:
    record = json.loads((folder / _RECORD).read_text())
    return ModelVersion(
        name=name,
        version=int(folder.name),
        path=folder / _FILES / record["file"],
        sha256=record["sha256"],
        created_time=record["createdTime"],
        details=ModelDetails(**record["details"]),
    )
