"""No platform: for targets whose documents somebody else makes true."""

from collections.abc import Iterator, Sequence
from typing import Never

from infra.contract import Change, Deployment, DeploymentSpec, Log, Manifest
from infra.errors import InvalidDeployment


def open_nothing(spec: DeploymentSpec, *, log: Log) -> "NoPlatform":
    """Whatever is asked of it, the answer is how to go on without it; `log` hears nothing."""
    return NoPlatform(spec)


class NoPlatform:
    """Raises InvalidDeployment for every call."""

    def __init__(self, spec: DeploymentSpec) -> None:
        self._spec = spec

    def diff(self, manifests: Sequence[Manifest]) -> Sequence[Change]:
        self._refuse("compared")

    def apply(self, manifests: Sequence[Manifest]) -> Deployment:
        self._refuse("applied")

    def status(self) -> Deployment | None:
        self._refuse("asked after")

    def logs(self, *, follow: bool = False, lines: int = 100) -> Iterator[str]:
        self._refuse("read the log of")

    def remove(self) -> Sequence[str]:
        self._refuse("deleted")

    def _refuse(self, what: str) -> Never:
        raise InvalidDeployment(
            f"A deployment to {self._spec.target!r} cannot be {what} from here. Write its documents with "
            f"`packager deploy render --target {self._spec.target}` (infra.render), for the service's tools."
        )
