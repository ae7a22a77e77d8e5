import pytest

from function_host.http.auth import Authorizer, presented_key
from function_host.http.routing import RouteTable
from function_host.keys import KeyRing, MemoryKeyStore


def _scope(header: str | None = None, query: str = "") -> dict[str, object]:
    headers = [] if header is None else [(b"x-functions-key", header.encode())]
    return {"headers": headers, "query_string": query.encode()}


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        (_scope(), None),
        (_scope("a"), "a"),
        (_scope(query="code=b%3D"), "b="),
        (_scope("a", "code=b"), "a"),
        (_scope(query="other=b"), None),
    ],
)
def test_the_presented_key(scope, key):
    assert presented_key(scope) == key


@pytest.fixture
def table():
    async def app(scope, receive, send):
        raise AssertionError("never called")

    table = RouteTable()
    for level in ("anonymous", "function", "admin", "system:blobs_extension"):
        table.add(level, app, methods=[], auth_level=level, function="f")
    return table


async def _opened(authorizer, table, key):
    levels = ("anonymous", "function", "admin", "system:blobs_extension")
    return [level for level in levels if await authorizer.allows(_scope(key), table.find("GET", level).route)]


async def test_each_kind_of_key_opens_its_own_levels(table):
    ring = KeyRing(MemoryKeyStore())
    authorizer = Authorizer(ring)
    assert await _opened(authorizer, table, None) == ["anonymous"]
    assert await _opened(authorizer, table, "wrong") == ["anonymous"]
    assert await _opened(authorizer, table, await ring.host_key()) == ["anonymous", "function"]
    system = await ring.system_key("blobs_extension")
    assert await _opened(authorizer, table, system) == ["anonymous", "system:blobs_extension"]
    assert await _opened(authorizer, table, (await ring.master()).value) == [
        "anonymous", "function", "admin", "system:blobs_extension",
    ]  # fmt: skip


async def test_only_the_master_key_makes_an_admin():
    ring = KeyRing(MemoryKeyStore())
    authorizer = Authorizer(ring)
    assert await authorizer.is_admin(_scope((await ring.master()).value))
    assert not await authorizer.is_admin(_scope(await ring.host_key()))
    assert not await authorizer.is_admin(_scope())
