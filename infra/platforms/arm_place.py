"""Where in Azure a deployment is: its subscription, its group, and the path of each resource."""

from dataclasses import dataclass

from infra.contract import Manifest
from infra.resources.expressions import ResourceId
from infra.resources.kinds import GROUP, ROLE, kind_of, name_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmPlace:
    """One resource group of one subscription."""

    subscription: str
    group: str

    @property
    def root(self) -> str:
        return f"/subscriptions/{self.subscription}"

    @property
    def group_path(self) -> str:
        return f"{self.root}/resourceGroups/{self.group}"

    def path(self, resource: ResourceId) -> str:
        """Its whole id."""
        kind, name = kind_of(resource.address), name_of(resource.address)
        if kind == GROUP:
            return f"{self.root}/resourceGroups/{name}"
        group = f"{self.root}/resourceGroups/{resource.group or self.group}"
        return f"{group}/providers/{_interleaved(kind, name)}"

    def path_of(self, manifest: Manifest) -> str:
        """Where it is asked for: roles are below what they are for."""
        if manifest.kind == ROLE:
            return f"{self.path(manifest.body['scope'])}/providers/{ROLE}/{manifest.name}"
        return self.path(ResourceId(address=manifest.address))

    def address_of(self, path: str) -> str:
        """`kind/name` of a whole id."""
        parts = path.rpartition("/providers/")[2].split("/")
        if "/providers/" not in path:
            return f"{GROUP}/{path.rpartition('/')[2]}"
        return "/".join([parts[0], *parts[1::2], *parts[2::2]])


def _interleaved(kind: str, name: str) -> str:
    provider, *types = kind.split("/")
    # The innermost name may itself have slashes, as queues of Service Bus do.
    names = name.split("/", len(types) - 1)
    return "/".join([provider, *(part for pair in zip(types, names, strict=True) for part in pair)])
