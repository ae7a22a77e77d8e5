"""Remembers what it was given: for tests, and to see what a target asks for without a place to run it."""

from collections.abc import Iterator, Sequence

from infra.contract import Change, Deployment, DeploymentSpec, Log, Manifest

_kept: dict[tuple[str, str], dict[str, Manifest]] = {}


def open_memory(spec: DeploymentSpec, *, log: Log) -> "MemoryPlatform":
    """What was deployed under this name to this target in this process."""
    return MemoryPlatform(spec, log)


class MemoryPlatform:
    """A system in which everything works at once."""

    def __init__(self, spec: DeploymentSpec, log: Log) -> None:
        self._spec = spec
        self._log = log

    @property
    def kept(self) -> dict[str, Manifest]:
        """Address -> manifest, as applied last."""
        return _kept.setdefault((self._spec.target, self._spec.name), {})

    def diff(self, manifests: Sequence[Manifest]) -> Sequence[Change]:
        wanted = {each.address: each for each in manifests}
        gone = [Change(action="delete", address=address) for address in self.kept if address not in wanted]
        return [*(self._change(each) for each in manifests), *gone]

    def apply(self, manifests: Sequence[Manifest]) -> Deployment:
        for change in self.diff(manifests):
            self._log(f"{change.action} {change.address}")
        self.kept.clear()
        self.kept.update({each.address: each for each in manifests})
        return self._deployment()

    def status(self) -> Deployment | None:
        return self._deployment() if self.kept else None

    def logs(self, *, follow: bool = False, lines: int = 100) -> Iterator[str]:
        return iter([])

    def remove(self) -> Sequence[str]:
        gone = [*self.kept]
        self.kept.clear()
        return gone

    def _change(self, wanted: Manifest) -> Change:
        known = self.kept.get(wanted.address)
        action = "create" if known is None else "none" if known.body == wanted.body else "update"
        return Change(action=action, address=wanted.address)

    def _deployment(self) -> Deployment:
        spec = self._spec
        return Deployment(name=spec.name, target=spec.target, state="running", image=spec.image.reference)
