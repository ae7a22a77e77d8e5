"""How Azure's admin API behaves, one test per row of the conformance table."""

import asyncio

import pytest

QUEUE = """
received = []

@app.function_name("q")
@app.generic_trigger(arg_name="message", type="warmupTrigger")
def q(message: str) -> None:
    received.append(message)

@app.route()
def seen(req: func.HttpRequest) -> str:
    return ",".join(str(message) for message in received)
"""
HELLO = """
@app.route()
def hello(req: func.HttpRequest) -> str:
    return "hello"
"""


@pytest.fixture
def admin(app):
    async def start(body: str = HELLO, **more):
        host, client = await app(body, **more)
        client.headers["x-functions-key"] = (await host.keys.master()).value
        return host, client

    return start


async def test_row_36_ping_needs_no_key(app):
    _, client = await app(HELLO)
    assert (await client.get("/admin/host/ping")).status_code == 200


async def test_row_37_the_status_is_for_admins(admin):
    _, client = await admin()
    assert (await client.get("/admin/host/status", headers={"x-functions-key": ""})).status_code == 401
    assert (await client.get("/admin/host/status")).json()["state"] == "Running"


async def test_row_38_a_function_is_run_by_hand(admin):
    _, client = await admin(QUEUE)
    assert (await client.post("/admin/functions/q", json={"input": "x"})).status_code == 202
    await asyncio.sleep(0.03)
    assert (await client.get("/api/seen")).text.endswith(",x")


async def test_row_39_an_unknown_function(admin):
    _, client = await admin()
    assert (await client.post("/admin/functions/nope", json={"input": ""})).status_code == 404


async def test_row_40_no_body(admin):
    _, client = await admin()
    assert (await client.post("/admin/functions/hello")).status_code == 400


async def test_row_41_the_list_of_functions(admin):
    _, client = await admin()
    (function,) = (await client.get("/admin/functions")).json()
    assert function["name"] == "hello"
    assert [binding["type"] for binding in function["config"]["bindings"]] == ["httpTrigger", "http"]
    assert function["isDisabled"] is False
    assert function["invoke_url_template"] == "http://test/api/hello"


async def test_row_42_a_disabled_function(admin):
    _, client = await admin(settings={"AzureWebJobs.hello.Disabled": "true"})
    assert (await client.get("/api/hello", headers={"x-functions-key": ""})).status_code == 404
    assert (await client.get("/api/hello")).status_code == 200


async def test_row_43_a_new_key(admin):
    _, client = await admin(level="FUNCTION")
    made = await client.post("/admin/host/keys/new")
    assert made.status_code == 201
    assert set(made.json()) == {"name", "value", "links"}
    assert (await client.get("/api/hello", headers={"x-functions-key": made.json()["value"]})).status_code == 200


async def test_row_44_the_master_key_stays(admin):
    _, client = await admin()
    assert (await client.delete("/admin/host/systemkeys/_master")).status_code == 400
