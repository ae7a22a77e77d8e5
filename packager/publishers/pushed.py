"""Remember which repository of a registry has a blob, so that others of the registry can take it from there."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from packager import config
from packager.errors import CacheUnavailable
from packager.files import write_whole

_MOST = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedBlobs:
    """A file for each registry. It only saves work: what is wrong in it costs one request, and a lost one nothing."""

    folder: Path = field(default_factory=lambda: config.cache() / "pushed")

    def repositories(self, registry: str) -> Mapping[str, str]:
        """Digest -> the repository that had the blob when it was last heard of."""
        try:
            found = json.loads(self._file(registry).read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def remember(self, registry: str, repository: str, digests: Iterable[str]) -> None:
        """The repository has these blobs now; of the oldest ones that are known some may be forgotten."""
        new = dict.fromkeys(digests, repository)
        kept = {digest: path for digest, path in self.repositories(registry).items() if digest not in new}
        latest = dict([*kept.items(), *new.items()][-_MOST:])
        with suppress(CacheUnavailable):
            write_whole(self._file(registry), json.dumps(latest, indent=0).encode())

    def _file(self, registry: str) -> Path:
        return self.folder / f"{registry.replace(':', '_')}.json"
