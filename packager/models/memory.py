"""A model registry that remembers where the files are; for tests and for packaging a path as it is."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from packager.errors import ModelNotFound
from packager.models.content import check_unchanged, model_files, total_sha256
from packager.models.contract import Change, ModelDetails, ModelVersion, check_name, check_path, content_sha256
from packager.models.record import now


class MemoryModelRegistry:
    """Keeps model versions of this process; copies nothing."""

    def __init__(self) -> None:
        self._versions: dict[str, list[ModelVersion]] = {}
        self._given: dict[str, int] = {}
        self._lock = threading.RLock()

    def register(
        self, name: str, path: Path, details: ModelDetails, child_paths: Sequence[str] | None = None
    ) -> ModelVersion:
        check_name(name)
        source = check_path(path)
        files = {relative: content_sha256(file) for relative, file in model_files(source, child_paths).items()}
        with self._lock:
            self._given[name] = number = self._given.get(name, 0) + 1
        version = ModelVersion(
            name=name,
            version=number,
            path=source,
            sha256=total_sha256(source, files),
            files=files,
            created_time=now(),
            details=details,
            url=source.as_uri(),
        )
        self._versions.setdefault(name, []).append(version)
        return version

    def get(self, name: str, version: int | None = None) -> ModelVersion:
        known = self.versions(name)
        if not known:
            names = ", ".join(sorted(each for each, versions in self._versions.items() if versions))
            raise ModelNotFound(f"There is no model {name!r}; known are {names or 'none'}.")
        for candidate in known:
            if version in {None, candidate.version}:
                return candidate
        listed = ", ".join(str(each.version) for each in reversed(known))
        raise ModelNotFound(f"Model {name!r} has no version {version}; it has {listed}.")

    def versions(self, name: str | None = None) -> Sequence[ModelVersion]:
        names = sorted(self._versions) if name is None else [check_name(name)]
        return [version for each in names for version in reversed(self._versions.get(each, []))]

    def fetch(self, version: ModelVersion) -> Path:
        return check_unchanged(version, version.path)

    def update(self, version: ModelVersion, change: Change) -> ModelVersion:
        with self._lock:
            current = self.get(version.name, version.version)
            changed = replace(current, details=change(current.details))
            known = self._versions[version.name]
            known[known.index(current)] = changed
            return changed

    def delete(self, version: ModelVersion) -> None:
        with self._lock:
            self._versions[version.name].remove(self.get(version.name, version.version))

    def clean(self) -> int:
        """Nothing is ever left behind in memory."""
        return 0
