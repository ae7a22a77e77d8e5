"""What the fake remembers: resources by path, and operations that go on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.fake_arm.wire import Refusal, without_nulls

SUBSCRIPTION = "00000000-0000-4000-8000-000000000000"
_GROUPS = "Microsoft.Resources/resourceGroups"


@dataclass(kw_only=True)
class Resource:
    path: str
    kind: str
    name: str
    """The last of its names."""
    body: dict[str, Any]
    state: str = "Succeeded"
    kept: dict[str, Any] = field(default_factory=dict)
    """What it does not show when it is asked for: keys, app settings."""

    def shown(self) -> dict[str, Any]:
        body = {**self.body, "id": self.path, "name": self.name, "type": self.kind}
        if self.kind != "Microsoft.Authorization/roleAssignments":
            body["properties"] = {**body.get("properties", {}), "provisioningState": self.state}
        return body


@dataclass(frozen=True, kw_only=True)
class Place:
    """A path taken apart: a resource, a collection of them, or something that can be done with one."""

    scope: str
    kind: str
    """With its namespace, in the client's case; of a collection or an action without its last word."""
    names: tuple[str, ...]
    word: str = ""
    """The last segment of a collection or an action."""

    @property
    def path(self) -> str:
        if self.kind.lower() == _GROUPS.lower():
            return f"{self.scope}/resourceGroups/{self.names[0]}"
        namespace, *types = self.kind.split("/")
        pairs = "".join(f"/{kind}/{name}" for kind, name in zip(types, self.names, strict=False))
        return f"{self.scope}/providers/{namespace}{pairs}"


def parse(path: str) -> Place:
    """Raises Refusal for what is no path of ARM."""
    segments = path.strip("/").split("/")
    lower = [each.lower() for each in segments]
    if "providers" not in lower:
        return _outside(segments, lower)
    at = len(lower) - 1 - lower[::-1].index("providers")
    scope = "".join(f"/{each}" for each in segments[:at])
    rest = segments[at + 1 :]
    if not rest:
        return Place(scope=scope, kind="", names=(), word="providers")
    namespace, types, names = rest[0], rest[1::2], rest[2::2]
    word = types.pop() if len(types) > len(names) else ""
    return Place(scope=scope, kind="/".join([namespace, *types]), names=tuple(names), word=word)


def _outside(segments: list[str], lower: list[str]) -> Place:
    if lower[0] != "subscriptions" or len(segments) < 2:
        return Place(scope="", kind="", names=(), word=segments[-1])
    scope, rest = "/" + "/".join(segments[:2]), segments[2:]
    if rest and lower[2] == "resourcegroups" and len(rest) >= 2:
        return Place(scope=scope, kind=_GROUPS, names=(rest[1],), word="/".join(rest[2:]))
    return Place(scope=scope, kind="", names=(), word="/".join(rest))


class Store(dict[str, Resource]):
    """Resources by their path in lower case."""

    def at(self, path: str) -> Resource:
        """Raises Refusal: ResourceNotFound, or ResourceGroupNotFound."""
        self.check_group(path)
        found = self.get(path.lower())
        if found is None:
            raise Refusal(404, "ResourceNotFound", f"The Resource '{path}' was not found.")
        return found

    def keep(self, place: Place, body: dict[str, Any]) -> tuple[Resource, bool]:
        """The resource as it is now, and whether it is new."""
        old = self.get(place.path.lower())
        clean = {key: value for key, value in without_nulls(body).items() if key not in {"id", "name", "type"}}
        new = Resource(
            path=old.path if old else place.path,
            kind=place.kind,
            name=place.names[-1],
            body=clean,
            kept=old.kept if old else {},
        )
        self[place.path.lower()] = new
        return new, old is None

    def below(self, path: str) -> Iterator[Resource]:
        """Everything whose path begins there, itself not."""
        start = f"{path.lower()}/"
        yield from [each for key, each in self.items() if key.startswith(start)]

    def of_kind(self, kind: str, scope: str = "") -> Iterator[Resource]:
        yield from [
            each for key, each in self.items() if each.kind.lower() == kind.lower() and key.startswith(scope.lower())
        ]

    def drop(self, path: str) -> bool:
        for each in self.below(path):
            del self[each.path.lower()]
        return self.pop(path.lower(), None) is not None

    def check_group(self, path: str) -> None:
        """Raises Refusal: ResourceGroupNotFound."""
        segments = path.lower().split("/")
        if "resourcegroups" in segments[:4] and len(segments) > 4:
            group = "/".join(segments[:5])
            if group not in self:
                name = path.split("/")[4]
                raise Refusal(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
