import logging

import httpx
import pytest

from function_host.host import Host
from function_host.http.app import HttpApp
from function_host.http.auth import Authorizer
from function_host.http.routing import RouteTable
from function_host.keys import KeyRing, MemoryKeyStore
from function_host.status import HostStatus
from triggers.http_answer import respond

APP = {
    "function_app.py": """
        import azure.functions as func

        app = func.FunctionApp()

        @app.route(route="open", auth_level=func.AuthLevel.ANONYMOUS)
        def open_to_all(req: func.HttpRequest) -> str:
            return "open"

        @app.route(route="keyed")
        def keyed(req: func.HttpRequest) -> str:
            return "keyed"

        @app.route(route="master", auth_level=func.AuthLevel.ADMIN)
        def master(req: func.HttpRequest) -> str:
            return "master"

        @app.route(route="items/{id:int}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
        async def item(req: func.HttpRequest) -> func.HttpResponse:
            return func.HttpResponse(req.route_params["id"], status_code=418, headers={"X-A": "1"})

        @app.route(route="broken", auth_level=func.AuthLevel.ANONYMOUS)
        def broken(req: func.HttpRequest) -> str:
            raise KeyError("lost")

        @app.route(route="nothing", auth_level=func.AuthLevel.ANONYMOUS)
        def nothing(req: func.HttpRequest) -> func.HttpResponse:
            return None
        """
}


@pytest.fixture
async def client(write_app, serve):
    host, client = await serve(write_app(APP))
    client.host_key = await host.keys.host_key()
    return client


async def test_an_anonymous_function_answers_without_a_key(client):
    answer = await client.get("/api/open")
    assert (answer.status_code, answer.text) == (200, "open")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_missing_key_is_refused_with_an_empty_body(client):
    answer = await client.get("/api/keyed")
    assert (answer.status_code, answer.content) == (401, b"")


async def test_the_host_key_opens_a_function_from_header_and_query(client):
    by_header = await client.get("/api/keyed", headers={"x-functions-key": client.host_key})
    by_query = await client.get("/api/keyed", params={"code": client.host_key})
    assert (by_header.status_code, by_query.status_code) == (200, 200)


async def test_the_header_wins_over_the_query(client):
    answer = await client.get("/api/keyed", params={"code": client.host_key}, headers={"x-functions-key": "wrong"})
    assert answer.status_code == 401


async def test_the_host_key_does_not_open_an_admin_function(client):
    assert (await client.get("/api/master", headers={"x-functions-key": client.host_key})).status_code == 401


async def test_a_response_is_kept_as_the_function_made_it(client):
    answer = await client.get("/api/items/5")
    assert (answer.status_code, answer.text, answer.headers["x-a"]) == (418, "5", "1")


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/items/5"), ("GET", "/api/items/x"), ("GET", "/other")])
async def test_no_route_is_404_with_an_empty_body(client, method, path):
    answer = await client.request(method, path)
    assert (answer.status_code, answer.content) == (404, b"")


async def test_a_failing_function_is_500_with_an_empty_body_and_a_traceback_in_the_log(client, caplog):
    with caplog.at_level(logging.ERROR):
        answer = await client.get("/api/broken")
    assert (answer.status_code, answer.content) == (500, b"")
    assert "KeyError: 'lost'" in caplog.text


async def test_no_response_from_a_function_that_must_answer_is_500(client):
    assert (await client.get("/api/nothing")).status_code == 500


@pytest.mark.parametrize("path", ["/admin/host/ping", "/health/live", "/health/ready"])
async def test_probes_need_no_key(client, path):
    assert (await client.get(path)).status_code == 200


async def test_the_homepage_says_the_app_is_up(client):
    answer = await client.get("/")
    assert answer.status_code == 200
    assert "up and running" in answer.text


async def test_ready_is_told_only_between_start_and_stop(write_app):
    host = Host.load(write_app(APP), {})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=host.app), base_url="http://test") as client:
        before = (await client.get("/health/ready")).status_code
        await host.start_functions()
        during = (await client.get("/health/ready")).status_code
        await host.stop()
        after = (await client.get("/health/ready")).status_code
    assert (before, during, after) == (503, 200, 503)


PROBED = """
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route(route="health/{rest}")
def health(req: func.HttpRequest) -> str:
    return req.route_params["rest"]

@app.route(route="bad/{id}/{id}")
def bad(req: func.HttpRequest) -> str: ...
"""
AT_THE_ROOT = '{"version": "2.0", "extensions": {"http": {"routePrefix": "%s"}}}'


async def test_functions_come_before_probes(write_app, serve):
    _, client = await serve(write_app({"function_app.py": PROBED, "host.json": AT_THE_ROOT % ""}))
    assert (await client.get("/health/db")).text == "db"
    assert (await client.get("/health/ready")).text == "ready"
    assert (await client.get("/health/live")).text == "live"


async def test_what_is_wrong_is_told_at_the_probe_to_whoever_has_the_master_key(write_app, serve):
    host, client = await serve(write_app({"function_app.py": PROBED}))
    assert "the parameter 'id' twice" in host.status.failures["bad"]
    told = await client.get("/health/ready")
    assert (told.status_code, told.text) == (503, "Running\nbad")
    key = (await host.keys.master()).value
    assert "the parameter 'id' twice" in (await client.get("/health/ready", headers={"x-functions-key": key})).text
    assert (await client.get("/health/db")).status_code == 404


async def test_a_broken_app_is_404_and_not_ready(write_app, serve):
    _, client = await serve(write_app({"function_app.py": "import nothing_of_that_name"}))
    assert (await client.get("/api/x")).status_code == 404
    told = await client.get("/health/ready")
    assert (told.status_code, told.text) == (503, "Error")


async def _everything(scope, receive, send):
    await respond(send, 200, [], b"the app")


@pytest.mark.parametrize(("keeps", "said"), [(True, "alive"), (False, "the app")])
async def test_a_host_may_keep_its_probes_from_a_function_that_answers_every_path(keeps, said):
    own, functions = RouteTable(), RouteTable()
    functions.add("{*path}", _everything, methods=(), auth_level="anonymous", function="f")
    authorizer = Authorizer(KeyRing(MemoryKeyStore()))
    app = HttpApp(HostStatus(host_id="h"), authorizer, own=own, functions=functions, homepage=True, keeps_probes=keeps)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        assert (await client.get("/health/live")).text == said
        assert (await client.get("/health/more")).text == "the app"


def _metrics_app(*, keeps: bool, metrics=lambda: b"numbers") -> HttpApp:
    own, functions = RouteTable(), RouteTable()
    functions.add("{*path}", _everything, methods=(), auth_level="anonymous", function="f")
    authorizer = Authorizer(KeyRing(MemoryKeyStore()))
    return HttpApp(
        HostStatus(host_id="h"), authorizer, own=own, functions=functions, homepage=True, keeps_probes=keeps,
        metrics=metrics,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("app", "said"),
    [
        (_metrics_app(keeps=True), "numbers"),
        (_metrics_app(keeps=False), "the app"),
        (_metrics_app(keeps=True, metrics=None), "the app"),
    ],
)
async def test_numbers_are_told_like_probes_unless_they_are_switched_off(app, said):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        assert (await client.get("/metrics")).text == said


async def test_everybody_may_read_the_numbers(write_app, serve):
    functions = """
        import azure.functions as func
        app = func.FunctionApp()

        @app.route("{id}", auth_level="anonymous")
        def f(req: func.HttpRequest) -> str:
            return str(1 / int(req.route_params["id"]))
        """
    _, client = await serve(write_app({"function_app.py": functions}))
    assert [(await client.get(f"/api/{path}")).status_code for path in "100"] == [200, 500, 500]
    answer = await client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'functions_executions_total{function="f"} 3.0' in answer.text
    assert 'functions_failed_executions_total{function="f"} 2.0' in answer.text


async def test_numbers_that_are_switched_off_are_no_page(write_app, serve):
    root = write_app({"function_app.py": "import azure.functions as func; app = func.FunctionApp()"})
    _, client = await serve(root, {"FUNCTIONS_METRICS_ENABLED": "false"})
    assert (await client.get("/metrics")).status_code == 404
