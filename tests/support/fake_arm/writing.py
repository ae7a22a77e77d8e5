"""PUT, PATCH and DELETE: checked, kept, and ended at once or as a long operation."""

import json
import uuid
from dataclasses import dataclass
from typing import Any, Protocol

from tests.support.fake_arm import event_grid, sites, views
from tests.support.fake_arm.kinds import KINDS, Kind, check
from tests.support.fake_arm.roles import check_assignment
from tests.support.fake_arm.store import SUBSCRIPTION, Place, Resource
from tests.support.fake_arm.wire import Answer, Asked, Refusal

_GROUPS = "microsoft.resources/resourcegroups"


class _Arm(Protocol):
    """The fake, as far as writing needs it."""

    address: str
    store: Any
    fronts: Any
    taken: set[str]
    polls: int
    operations: "dict[str, Operation]"
    broken: dict[str, tuple[str, str]]


@dataclass(kw_only=True)
class Operation:
    path: str
    """Of the resource."""
    left: int
    style: str
    error: tuple[str, str] | None = None

    def answer(self, arm: _Arm) -> Answer:
        headers = {"Location": f"{arm.address}{self._own(arm)}?api-version=1"} if self.style == "location" else {}
        if self.left > 0:
            self.left -= 1
            status = 202 if self.style == "location" else 200
            return Answer(status=status, body={"status": "InProgress"}, headers=headers)
        return self._end(arm)

    def _end(self, arm: _Arm) -> Answer:
        resource = arm.store.get(self.path.lower())
        if self.error is not None:
            code, message = self.error
            said = {"code": code, "message": message}
            if self.style == "location":
                raise Refusal(409, code, message)
            return Answer(body={"status": "Failed", "error": said})
        if self.style == "location":
            return Answer(body=views.of(arm, resource)) if resource else Answer(status=200)
        return Answer(body={"status": "Succeeded"})

    def _own(self, arm: _Arm) -> str:
        return next(path for path, each in arm.operations.items() if each is self)


def write(arm: _Arm, place: Place, asked: Asked) -> Answer:
    """Raises Refusal as Azure does."""
    if asked.method == "DELETE":
        return _delete(arm, place)
    if place.kind.lower() == "microsoft.resources/tags":
        return _delete_tags(arm, place, asked)
    special = sites.write(arm, place, asked)
    if special is not None:
        return special
    body = asked.body
    if asked.method == "PATCH":
        body = _merged(arm.store.at(place.path).body, body)
    return _put(arm, place, body)


def _check_group_update(old: Resource | None, body: Any) -> None:
    """A container group is changed in place, but for what its host was chosen by."""
    if old is None or old.kind.lower() != "microsoft.containerinstance/containergroups":
        return

    def fixed(group: Any) -> list[Any]:
        properties = group["properties"]
        sizes = [each["properties"].get("resources") for each in properties["containers"]]
        return [*(properties.get(key) for key in ("osType", "restartPolicy")), sizes, "ipAddress" in properties]

    if fixed(old.body) != fixed(body):
        raise Refusal(
            400,
            "InvalidContainerGroupUpdate",
            f"The updates on container group '{old.name}' are invalid. If you are going to update the os type, restart "
            "policy, network profile, CPU, memory or GPU resources for a container group, you must delete it first.",
        )


def _delete_tags(arm: _Arm, place: Place, asked: Asked) -> Answer:
    if (asked.method, asked.body["operation"]) != ("PATCH", "Delete"):
        raise Refusal(400, "InvalidRequestContent", "Of the tags alone only those that are named can be deleted here.")
    resource = arm.store.at(place.scope)
    tags = resource.body.get("tags", {})
    resource.body["tags"] = {name: tags[name] for name in tags if name not in asked.body["properties"]["tags"]}
    return Answer(body={"properties": {"tags": resource.body["tags"]}})


def _put(arm: _Arm, place: Place, body: Any) -> Answer:
    rules = check(place.kind, place.names[-1], body)
    _check_place(arm, place, rules)
    if place.kind.lower() == "microsoft.authorization/roleassignments":
        arm.store.at(place.scope)
        check_assignment(arm, place, body)
    if place.kind.lower() == "microsoft.web/sites":
        sites.check_site(arm, place, body)
    event_grid.check(arm, place, body)
    _check_group_update(arm.store.get(place.path.lower()), body)
    new, is_new = arm.store.keep(place, body)
    _start(arm, new)
    status = rules.created if is_new else rules.updated
    if rules.operation == "location":
        status = 202 if is_new else 200
    return _ended(arm, new, rules.operation if status != 200 or rules.operation != "location" else "", status)


def _start(arm: _Arm, new: Resource) -> None:
    kind, properties = new.kind.lower(), new.body.get("properties", {})
    if kind == "microsoft.web/sites":
        sites.take_config(arm, new)
    elif kind == "microsoft.app/containerapps":
        container = properties["template"]["containers"][0]
        arm.fronts.start(new.name, container["image"], {"template": json.dumps(properties["template"])})
    elif kind == "microsoft.containerinstance/containergroups":
        container = properties["containers"][0]["properties"]
        arm.fronts.start(new.name, container["image"], {"container": json.dumps(container)}, keeps_old=False)


def _check_place(arm: _Arm, place: Place, rules: Kind) -> None:
    if place.kind.lower() == _GROUPS:
        return
    arm.store.check_group(place.scope + "/")
    if len(place.names) > 1:
        parent = Place(scope=place.scope, kind=place.kind.rpartition("/")[0], names=place.names[:-1])
        # Azure makes the services of an account with it.
        if parent.path.lower() not in arm.store and not parent.kind.lower().endswith("services"):
            message = (
                f"Can not perform requested operation on nested resource. Parent resource '{parent.path}' not found."
            )
            raise Refusal(404, "ParentResourceNotFound", message)
    code, words = rules.taken
    name = place.names[-1]
    if code and name in arm.taken and place.path.lower() not in arm.store:
        raise Refusal(409, code, words.format(name=name))


def _ended(arm: _Arm, resource: Resource, style: str, status: int) -> Answer:
    error = _break(arm, resource.path)
    if error is not None:
        resource.state = "Failed"
    if not style:
        if error is not None:
            raise Refusal(400, *error)
        return Answer(status=status, body=views.of(arm, resource))
    if style == "body":
        resource.kept["pending"] = arm.polls
        return Answer(status=status, body=views.of(arm, resource))
    url = _operation(arm, resource.path, style, error)
    if style == "location":
        return Answer(status=202, headers={"Location": url})
    body = views.of(arm, resource)
    body["properties"] = {**body["properties"], "provisioningState": "InProgress"}
    return Answer(status=status, body=body, headers={"Azure-AsyncOperation": url})


def _delete(arm: _Arm, place: Place) -> Answer:
    path = place.path
    if place.kind.lower() == _GROUPS:
        arm.store.at(path)
        for site in arm.store.of_kind("Microsoft.Web/sites", path):
            arm.fronts.stop(site.name)
        arm.store.drop(path)
        return Answer(status=202, headers={"Location": _operation(arm, path, "location", None)})
    arm.store.check_group(path)
    resource = arm.store.get(path.lower())
    if resource is None:
        return Answer(status=204)
    _check_unused(arm, resource)
    arm.fronts.stop(resource.name)
    arm.store.drop(path)
    if KINDS.get(place.kind.lower(), Kind()).operation == "azure-asyncoperation":
        url = _operation(arm, path, "location", _break(arm, path))
        return Answer(status=202, headers={"Location": url})
    return Answer(status=200)


def _check_unused(arm: _Arm, resource: Resource) -> None:
    users = [
        each.name
        for each in arm.store.values()
        for key in ("serverFarmId", "managedEnvironmentId", "environmentId")
        if str(each.body.get("properties", {}).get(key, "")).lower() == resource.path.lower()
    ]
    if users:
        message = f"{resource.name} cannot be deleted because it has app(s) {', '.join(users)} assigned to it."
        raise Refusal(409, "Conflict", message)


def _operation(arm: _Arm, path: str, style: str, error: tuple[str, str] | None) -> str:
    own = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Fake/operations/{uuid.uuid4()}"
    arm.operations[own] = Operation(path=path, left=arm.polls, style=style, error=error)
    return f"{arm.address}{own}?api-version=1"


def _break(arm: _Arm, path: str) -> tuple[str, str] | None:
    found = next((part for part in arm.broken if path.lower().endswith(part.lower())), None)
    return arm.broken.pop(found) if found else None


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
    return new
