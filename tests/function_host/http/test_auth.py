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


def test_the_master_key_opens_everything_and_a_host_key_no_admin_route():
    store = MemoryKeyStore()
    ring = KeyRing(store)
    table = RouteTable()

    async def app(scope, receive, send):
        raise AssertionError("never called")

    for level in ("anonymous", "function", "admin"):
        table.add(level, app, methods=[], auth_level=level, function="f")
    authorizer = Authorizer(ring)
    host_key, master = ring.host_key(), store.load("host")["masterKey"]["value"]
    opened = {
        key: [
            level
            for level in ("anonymous", "function", "admin")
            if authorizer.allows(_scope(key), table.find("GET", level).route)
        ]
        for key in (None, "wrong", host_key, master)
    }
    assert opened == {
        None: ["anonymous"],
        "wrong": ["anonymous"],
        host_key: ["anonymous", "function"],
        master: ["anonymous", "function", "admin"],
    }
    assert authorizer.is_admin(_scope(master))
    assert not authorizer.is_admin(_scope(host_key))
