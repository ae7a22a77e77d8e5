"""The admin API's keys: list, read, make, change and delete; every change counts at once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from function_host.http.requests import OwnAnswer, OwnRequest, own_route
from function_host.http.routing import RouteTable
from function_host.keys.document import HOST, MASTER, Key
from function_host.keys.ring import ADMIN, KeyRing
from function_host.status import HostStatus

_HOST_FIELDS = {"keys": "functionKeys", "functionkeys": "functionKeys", "systemkeys": "systemKeys"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Which keys a request is about."""

    scope: str
    field: str
    url: str


_Handler = Callable[[OwnRequest, _Place], Awaitable[OwnAnswer]]


class KeysApi:
    """Answers below /admin/host/{keys,functionkeys,systemkeys} and /admin/functions/{fn}/keys."""

    def __init__(self, keys: KeyRing, status: HostStatus) -> None:
        self._keys = keys
        self._status = status

    def mount(self, table: RouteTable) -> None:
        """Add the routes; all ask for the master key."""
        bases = [f"admin/host/{kind}" for kind in _HOST_FIELDS] + ["admin/functions/{function}/keys"]
        one = (("GET", self._read), ("POST", self._make), ("PUT", self._set), ("DELETE", self._delete))
        for base in bases:
            kind = base.rsplit("/", 1)[1]
            self._add(table, base, "GET", self._list, kind)
            for method, handler in one:
                self._add(table, base + "/{name}", method, handler, kind)

    def _add(self, table: RouteTable, template: str, method: str, handler: _Handler, kind: str) -> None:
        async def answer(request: OwnRequest) -> OwnAnswer:
            place = self._place(request, kind)
            return OwnAnswer(status=404) if place is None else await handler(request, place)

        table.add(template, own_route(answer), methods=(method,), auth_level=ADMIN, function="")

    def _place(self, request: OwnRequest, kind: str) -> _Place | None:
        name = request.parameters.get("function")
        if name is None:
            return _Place(scope=HOST, field=_HOST_FIELDS[kind], url=f"{request.base_url}/admin/host/{kind}")
        function = self._status.find(name)
        if function is None:
            return None
        url = f"{request.base_url}/admin/functions/{function.name}/keys"
        return _Place(scope=function.name.lower(), field="keys", url=url)

    async def _list(self, _: OwnRequest, place: _Place) -> OwnAnswer:
        keys = [{"name": key.name, "value": key.value} for key in await self._keys.list(place.scope, place.field)]
        return OwnAnswer(document={"keys": keys, "links": _links(place.url)})

    async def _read(self, request: OwnRequest, place: _Place) -> OwnAnswer:
        name = request.parameters["name"]
        if name == MASTER and place.field == "systemKeys":
            return _told(await self._keys.master(), place, 200)
        for key in await self._keys.list(place.scope, place.field):
            if key.name.lower() == name.lower():
                return _told(key, place, 200)
        return OwnAnswer(status=404)

    async def _make(self, request: OwnRequest, place: _Place) -> OwnAnswer:
        name = request.parameters["name"]
        known = {key.name.lower() for key in await self._keys.list(place.scope, place.field)}
        key = await self._keys.put(place.scope, place.field, name, None)
        return _told(key, place, 200 if name.lower() in known else 201)

    async def _set(self, request: OwnRequest, place: _Place) -> OwnAnswer:
        document = request.json_object()
        value = None if document is None else document.get("value")
        if not isinstance(value, str) or not value:
            return OwnAnswer(status=400, document={"message": "Invalid key value"})
        name = request.parameters["name"]
        known = {key.name.lower() for key in await self._keys.list(place.scope, place.field)}
        key = await self._keys.put(place.scope, place.field, name, value)
        return _told(key, place, 200 if name.lower() in known else 201)

    async def _delete(self, request: OwnRequest, place: _Place) -> OwnAnswer:
        name = request.parameters["name"]
        if name == MASTER:
            return OwnAnswer(status=400, document={"message": "Cannot delete System Key."})
        deleted = await self._keys.delete(place.scope, place.field, name)
        return OwnAnswer(status=204 if deleted else 404)


def _told(key: Key, place: _Place, status: int) -> OwnAnswer:
    document = {"name": key.name, "value": key.value, "links": _links(f"{place.url}/{key.name}")}
    return OwnAnswer(status=status, document=document)


def _links(url: str) -> list[dict[str, str]]:
    return [{"rel": "self", "href": url}]
