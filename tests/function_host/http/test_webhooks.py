import httpx
import pytest

from function_host.http.routing import RouteTable
from function_host.http.webhooks import Webhooks
from triggers.http_answer import respond


def _answering(text: str):
    async def app(scope, receive, send):
        await respond(send, 200, [], text.encode())

    return app


@pytest.fixture
def table():
    table, webhooks = RouteTable(), Webhooks()
    webhooks.add("eventgrid", "One", _answering("one"), table)
    webhooks.add("eventgrid", "Two", _answering("two"), table)
    return table


async def _ask(table, query):
    route = table.find("POST", "/runtime/webhooks/EventGrid").route
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=route.app), base_url="http://test") as client:
        return await client.post("/", params={"functionName": query} if query else {})


@pytest.mark.parametrize(("name", "text"), [("One", "one"), ("two", "two"), ("Host.Functions.Two", "two")])
async def test_functions_share_an_address(table, name, text):
    assert (await _ask(table, name)).text == text


@pytest.mark.parametrize("name", ["three", ""])
async def test_an_unknown_function_is_named(table, name):
    answer = await _ask(table, name)
    assert answer.status_code == 404
    assert answer.text == f"cannot find function: '{name}'"


def test_the_extensions_own_system_key_opens_it(table):
    assert table.find("POST", "/runtime/webhooks/eventgrid").route.auth_level == "system:eventgrid_extension"
