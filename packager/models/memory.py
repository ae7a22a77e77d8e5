"""A model registry that remembers where the files are; for tests and for packaging a path as it is."""

from collections.abc import Sequence
from pathlib import Path

from packager.errors import ModelNotFound
from packager.models.contract import ModelDetails, ModelVersion, check_name, check_path, content_sha256


class MemoryModelRegistry:
    """Keeps model versions of this process; copies nothing."""

    def __init__(self) -> None:
        self._versions: dict[str, list[ModelVersion]] = {}

    def register(self, name: str, path: Path, details: ModelDetails) -> ModelVersion:
        check_name(name)
        source = check_path(path)
        known = self._versions.setdefault(name, [])
        version = ModelVersion(
            name=name,
            version=len(known) + 1,
            path=source,
            sha256=content_sha256(source),
            details=details,
        )
        known.append(version)
        return version

    def get(self, name: str, version: int | None = None) -> ModelVersion:
        known = self.versions(name)
        if not known:
            raise ModelNotFound(f"There is no model {name!r}; known are {', '.join(sorted(self._versions)) or 'none'}.")
        for candidate in known:
            if version in {None, candidate.version}:
                return candidate
        listed = ", ".join(str(each.version) for each in reversed(known))
        raise ModelNotFound(f"Model {name!r} has no version {version}; it has {listed}.")

    def versions(self, name: str | None = None) -> Sequence[ModelVersion]:
        names = sorted(self._versions) if name is None else [check_name(name)]
        return [version for each in names for version in reversed(self._versions.get(each, []))]
