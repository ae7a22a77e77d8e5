import asyncio

import pytest

APP = {
    "function_app.py": """
        import azure.functions as func

        app = func.FunctionApp()
        seen = []

        @app.warm_up_trigger(arg_name="warmup")
        def warm(warmup) -> None:
            seen.append("warm")

        @app.route(route="hello/{name}", methods=["GET"])
        def hello(req: func.HttpRequest) -> str:
            return req.route_params["name"]

        @app.route(route="seen", auth_level=func.AuthLevel.ANONYMOUS)
        def read(req: func.HttpRequest) -> str:
            return ",".join(seen)

        @app.route(route="off", auth_level=func.AuthLevel.ANONYMOUS)
        def off(req: func.HttpRequest) -> str:
            return "off"

        @app.route(route="x")
        def broken(req: func.HttpRequest, other: str) -> str:
            return ""
        """
}
SETTINGS = {"AzureWebJobs.off.Disabled": "true"}


@pytest.fixture
async def client(write_app, serve):
    host, client = await serve(write_app(APP), SETTINGS)
    client.headers["x-functions-key"] = (await host.keys.master()).value
    return client


async def _without_key(client, method, path):
    return await client.request(method, path, headers={"x-functions-key": ""})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/host/status"),
        ("GET", "/admin/functions"),
        ("GET", "/admin/functions/hello"),
        ("POST", "/admin/functions/hello"),
        ("POST", "/admin/host/synctriggers"),
        ("GET", "/admin/host/keys"),
        ("GET", "/admin/host/systemkeys/_master"),
        ("GET", "/admin/functions/hello/keys"),
    ],
)
async def test_the_master_key_is_needed(client, method, path):
    assert (await _without_key(client, method, path)).status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_anybody_may_ping(client, method):
    answer = await _without_key(client, method, "/admin/host/ping")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["cache-control"] == "no-store"


async def test_the_status_names_what_is_wrong(client):
    document = (await client.get("/admin/host/status")).json()
    assert document["state"] == "Running"
    assert document["errors"] == [
        "The 'broken' function is in error: Function 'broken' has the parameter 'other', but no binding of that name."
    ]


async def test_functions_are_listed_with_their_bindings_and_urls(client):
    functions = {function["name"]: function for function in (await client.get("/admin/functions")).json()}
    assert sorted(functions) == ["hello", "off", "read", "warm"]
    assert functions["hello"]["invoke_url_template"] == "http://test/api/hello/{name}"
    assert functions["hello"]["config"]["bindings"][0]["type"] == "httpTrigger"
    assert functions["warm"]["invoke_url_template"] is None
    assert [name for name, function in functions.items() if function["isDisabled"]] == ["off"]


async def test_one_function_is_found_in_any_case(client):
    assert (await client.get("/admin/functions/HELLO")).json()["href"] == "http://test/admin/functions/hello"
    assert (await client.get("/admin/functions/nope")).status_code == 404


async def test_a_functions_status_tells_its_errors(client):
    assert (await client.get("/admin/functions/hello/status")).json() == {}
    assert "'other'" in (await client.get("/admin/functions/broken/status")).json()["errors"][0]
    assert (await client.get("/admin/functions/nope/status")).status_code == 404


async def test_a_disabled_function_is_there_for_admins_alone(client):
    assert (await _without_key(client, "GET", "/api/off")).status_code == 404
    assert (await client.get("/api/off")).text == "off"


async def test_warm_up_runs_once_in_the_hosts_life(client):
    assert (await _without_key(client, "GET", "/admin/warmup")).status_code == 200
    assert (await client.get("/api/seen")).text == "warm"


async def test_a_function_may_be_run_by_hand(client):
    answer = await client.post("/admin/functions/warm", json={"input": "x"})
    await asyncio.sleep(0.02)
    assert (answer.status_code, answer.content) == (202, b"")
    assert (await client.get("/api/seen")).text == "warm,warm"


@pytest.mark.parametrize(("name", "body", "status"), [("nope", b"{}", 404), ("warm", b"", 400), ("warm", b"[]", 400)])
async def test_running_needs_a_function_and_a_json_object(client, name, body, status):
    assert (await client.post(f"/admin/functions/{name}", content=body)).status_code == status


async def test_triggers_are_always_in_step(client):
    assert (await client.post("/admin/host/synctriggers")).json() == {"status": "success"}


async def test_an_unknown_admin_route_is_404(client):
    assert (await client.get("/admin/none")).status_code == 404


async def test_others_may_write_into_the_log(client, caplog):
    entries = [
        {"level": "Warning", "message": "100 % full", "source": "Disk"},
        {"message": "no level", "functionName": "hello"},
    ]
    with caplog.at_level("INFO"):
        assert (await client.post("/admin/host/log", json=entries)).status_code == 200
    assert [(r.name, r.levelname, r.message) for r in caplog.records if r.name != "httpx"] == [
        ("Disk", "WARNING", "100 % full"),
        ("Function.hello", "INFO", "no level"),
    ]


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]"])
async def test_log_entries_are_a_list_of_objects(client, body):
    assert (await client.post("/admin/host/log", content=body)).status_code == 400


async def test_a_function_in_error_is_not_run_and_says_why(client):
    answer = await client.post("/admin/functions/broken", json={"input": ""})
    assert answer.status_code == 404
