"""What is remembered of web services between two processes: one JSON file each, for its owner's eyes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infra.config import deployments_folder
from infra.errors import WebserviceFailed
from infra.platforms.local_folder import read_document, write_document

_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SHORTEST, _LONGEST = 3, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecord:
    """One web service as it was asked for."""

    name: str
    compute_type: str
    """`Local`, `ACI`, `AKS` or `AKSENDPOINT`."""
    image: str
    """As packager inspect takes it."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Of deploy_configuration(), those that were given."""
    tags: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    models: Sequence[str] = ()
    keys: Sequence[str] = ()
    """Primary and secondary; none for a service that asks nobody."""
    created_time: str = ""
    updated_time: str = ""
    failure: str = ""
    """Why the last change did not come about."""
    versions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Of an endpoint: version -> `arguments`, `image`, `traffic_percentile` ..."""


class Records:
    """Those of one workspace."""

    def __init__(self, workspace: object) -> None:
        """Anything without a name is the workspace `local`."""
        name = re.sub(r"[^\w.-]", "-", str(getattr(workspace, "name", None) or "local"))
        self._folder = deployments_folder() / ".webservices" / name

    def find(self, name: str) -> ServiceRecord | None:
        document = read_document(self._file(name)) if _NAME.fullmatch(name) else {}
        return ServiceRecord(**document) if document else None

    def get(self, name: str) -> ServiceRecord:
        """Raises WebserviceFailed when there is none."""
        found = self.find(name)
        if found is None:
            known = ", ".join(each.name for each in self) or "none"
            raise WebserviceFailed(
                f"WebserviceNotFound: Webservice with name {name} not found in provided workspace; there are {known}.",
                status_code=404,
            )
        return found

    def elsewhere(self, name: str) -> Iterator[tuple[str, ServiceRecord]]:
        """Other workspaces that have a service of that name, and theirs."""
        for file in sorted(self._folder.parent.glob(f"*/{name}.json")):
            if file.parent != self._folder:
                yield file.parent.name, ServiceRecord(**read_document(file))

    def save(self, record: ServiceRecord) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_document(self._file(record.name), asdict(record))

    def forget(self, name: str) -> None:
        self._file(name).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[ServiceRecord]:
        """By name."""
        return (ServiceRecord(**read_document(file)) for file in sorted(self._folder.glob("*.json")))

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def checked_name(name: str) -> str:
    """The name; raises WebserviceFailed for one that no service may have."""
    if not _NAME.fullmatch(name) or not _SHORTEST <= len(name) <= _LONGEST:
        raise WebserviceFailed(
            f"Invalid service name {name!r}: it must consist of small letters, digits and hyphens, begin with a "
            f"letter, not end with a hyphen and be {_SHORTEST} to {_LONGEST} characters long."
        )
    return name
