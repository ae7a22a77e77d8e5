"""How HTTP functions behave on Azure, one test per row of the conformance table."""

from textwrap import dedent

import httpx
import pytest

from function_host.http.server import HttpServer

HELLO = """
@app.route()
def hello(req: func.HttpRequest) -> str:
    return "hello"
"""
PREFIX = '{"version": "2.0", "extensions": {"http": {"routePrefix": "%s"}}}'


def _route(template: str, result: str = "json.dumps(dict(req.route_params))", methods: str = "") -> str:
    more = f", methods={methods}" if methods else ""
    return f"""
import json
@app.route(route="{template}"{more})
def f(req: func.HttpRequest) -> str:
    return {result}
"""


def _response(expression: str) -> str:
    return f"""
import json
@app.route(route="f")
def f(req: func.HttpRequest) -> func.HttpResponse:
    return {expression}
"""


async def test_row_01_an_anonymous_function_answers(app):
    _, client = await app(HELLO)
    answer = await client.get("/api/hello")
    assert (answer.status_code, answer.text) == (200, "hello")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_row_02_an_empty_prefix(app):
    _, client = await app(HELLO, host_json=PREFIX % "")
    assert (await client.get("/hello")).status_code == 200
    assert (await client.get("/api/hello")).status_code == 404


async def test_row_03_settings_win_over_host_json(app):
    _, client = await app(
        HELLO, host_json=PREFIX % "api", settings={"AzureFunctionsJobHost__extensions__http__routePrefix": "v1"}
    )
    assert (await client.get("/v1/hello")).status_code == 200


async def test_row_04_a_constraint_that_fails(app):
    _, client = await app(_route("items/{id:int}"))
    assert (await client.get("/api/items/abc")).status_code == 404


async def test_row_05_route_parameters_are_text(app):
    _, client = await app(_route("items/{id:int}"))
    assert (await client.get("/api/items/5")).json() == {"id": "5"}


async def test_row_06_an_optional_parameter_that_is_not_there(app):
    _, client = await app(_route("items/{id?}"))
    assert (await client.get("/api/items")).json() == {}


async def test_row_07_catch_all(app):
    _, client = await app(_route("{*path}"))
    assert (await client.get("/api/a/b/c")).json() == {"path": "a/b/c"}


async def test_row_08_another_method_is_404(app):
    _, client = await app(_route("x", methods='["GET"]'))
    assert (await client.post("/api/x")).status_code == 404


async def test_row_09_head_is_not_implied_by_get(app):
    _, client = await app(_route("x", methods='["GET"]'))
    assert (await client.head("/api/x")).status_code == 404


async def test_row_10_without_methods_every_method_comes(app):
    _, client = await app(_route("x", result="req.method"))
    assert (await client.delete("/api/x")).text == "DELETE"
    assert (await client.options("/api/x")).text == "OPTIONS"


async def test_row_11_literals_match_in_any_case(app):
    _, client = await app(_route("Foo"))
    assert (await client.get("/API/foo")).status_code == 200


async def test_row_12_built_in_routes_are_refused(app):
    host, client = await app(HELLO + _route("admin/x"))
    assert "conflicts with one or more built in routes" in host.status.failures["f"]
    assert (await client.get("/api/hello")).status_code == 200


async def test_row_13_one_route_for_two_functions(app):
    host, client = await app("""
@app.route(route="x")
def a(req: func.HttpRequest) -> str:
    return "a"

@app.route(route="X/")
def b(req: func.HttpRequest) -> str:
    return "b"
""")
    assert list(host.status.failures) == ["b"]
    assert (await client.get("/api/x")).text == "a"


async def test_row_14_no_key_or_a_wrong_one(app):
    _, client = await app(HELLO, level="FUNCTION")
    for headers in ({}, {"x-functions-key": "wrong"}):
        answer = await client.get("/api/hello", headers=headers)
        assert (answer.status_code, answer.content) == (401, b"")


async def test_row_15_a_functions_key_in_header_or_query(app):
    host, client = await app(HELLO, level="FUNCTION")
    key = (await host.keys.list("hello", "keys"))[0].value
    assert (await client.get("/api/hello", headers={"x-functions-key": key})).status_code == 200
    assert (await client.get("/api/hello", params={"code": key})).status_code == 200


async def test_row_16_the_header_wins(app):
    host, client = await app(HELLO, level="FUNCTION")
    params = {"code": await host.keys.host_key()}
    assert (await client.get("/api/hello", params=params, headers={"x-functions-key": "wrong"})).status_code == 401


async def test_row_17_the_host_key(app):
    host, client = await app(HELLO, level="FUNCTION")
    key = await host.keys.host_key()
    assert (await client.get("/api/hello", headers={"x-functions-key": key})).status_code == 200


async def test_row_18_another_functions_key(app):
    host, client = await app(HELLO + _route("other"), level="FUNCTION")
    key = (await host.keys.list("f", "keys"))[0].value
    assert (await client.get("/api/hello", headers={"x-functions-key": key})).status_code == 401


async def test_row_19_a_system_key(app):
    host, client = await app(HELLO, level="FUNCTION")
    key = await host.keys.system_key("blobs_extension")
    assert (await client.get("/api/hello", headers={"x-functions-key": key})).status_code == 401


async def test_row_20_an_admin_function(app):
    host, client = await app(HELLO, level="ADMIN")
    keys = [
        (await host.keys.list("hello", "keys"))[0].value,
        await host.keys.host_key(),
        (await host.keys.master()).value,
    ]
    answers = [(await client.get("/api/hello", headers={"x-functions-key": key})).status_code for key in keys]
    assert answers == [401, 401, 200]


async def test_row_21_text(app):
    _, client = await app(_response("'hi'"))
    assert (await client.get("/api/f")).text == "hi"


async def test_row_22_a_response_in_words(app):
    _, client = await app(_response("json.dumps({'body': 'x', 'statusCode': 201})"))
    answer = await client.get("/api/f")
    assert (answer.status_code, answer.text) == (201, "x")


async def test_row_23_none_is_no_response(app):
    _, client = await app(_response("None"))
    answer = await client.get("/api/f")
    assert (answer.status_code, answer.content) == (500, b"")


async def test_row_24_a_dict_is_no_response(app):
    _, client = await app(_response("{'a': 1}"))
    assert (await client.get("/api/f")).status_code == 500


async def test_row_25_an_out_that_was_never_set(app):
    _, client = await app("""
@app.function_name("f")
@app.generic_trigger(arg_name="req", type="httpTrigger", route="f")
@app.generic_output_binding(arg_name="out", type="http")
def f(req: func.HttpRequest, out: func.Out[func.HttpResponse]) -> None:
    if req.params.get("set"):
        out.set(func.HttpResponse("set", status_code=202))
""")
    assert (await client.get("/api/f")).status_code == 204
    answer = await client.get("/api/f?set=1")
    assert (answer.status_code, answer.text) == (202, "set")


async def test_row_26_a_function_that_raises(app, caplog):
    _, client = await app(_response("1 / 0"))
    answer = await client.get("/api/f")
    assert (answer.status_code, answer.content) == (500, b"")
    assert "ZeroDivisionError" in caplog.text


async def test_row_27_status_and_headers_are_kept(app):
    _, client = await app(_response("func.HttpResponse('x', status_code=418, headers={'X-A': '1'})"))
    answer = await client.get("/api/f")
    assert (answer.status_code, answer.headers["x-a"]) == (418, "1")


async def test_row_28_two_cookies(app):
    _, client = await app("""
@app.route(route="f")
def f(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("x")
    response.headers.add("Set-Cookie", "a=1; Path=/")
    response.headers.add("Set-Cookie", "b=2; Path=/")
    return response
""")
    assert (await client.get("/api/f")).headers.get_list("set-cookie") == ["a=1; Path=/", "b=2; Path=/"]


async def test_row_29_empty_and_repeated_query_values(app):
    _, client = await app(_response("json.dumps(dict(req.params))"))
    assert (await client.get("/api/f?a=&b=1&b=2")).json() == {"b": "1,2"}


async def test_row_30_headers_in_any_case(app):
    _, client = await app(_response("json.dumps([req.headers['X-MIXED'], 'x-mixed' in list(req.headers)])"))
    assert (await client.get("/api/f", headers={"X-Mixed": "v"})).json() == ["v", True]


async def test_row_31_a_binary_body(app):
    _, client = await app(_response("func.HttpResponse(req.get_body(), mimetype='application/octet-stream')"))
    body = bytes(range(256)) * 4096
    assert (await client.post("/api/f", content=body)).content == body


async def test_row_32_a_body_over_the_limit(app):
    _, client = await app(_response("'x'"), settings={"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "1000"})
    assert (await client.post("/api/f", content=b"x" * 1001)).status_code == 413


async def test_row_33_custom_headers(app):
    host_json = '{"version": "2.0", "extensions": {"http": {"customHeaders": {"X-H": "v"}}}}'
    _, client = await app(HELLO, host_json=host_json)
    assert (await client.get("/api/hello")).headers["x-h"] == "v"


async def test_row_34_more_requests_than_allowed(app):
    import asyncio

    host_json = '{"version": "2.0", "extensions": {"http": {"maxOutstandingRequests": 1}}}'
    body = """
import asyncio
@app.route(route="f")
async def f(req: func.HttpRequest) -> str:
    await asyncio.sleep(0.05)
    return "x"
"""
    _, client = await app(body, host_json=host_json)
    answers = await asyncio.gather(client.get("/api/f"), client.get("/api/f"))
    assert sorted(answer.status_code for answer in answers) == [200, 429]
    assert next(a for a in answers if a.status_code == 429).headers["x-functions-scaleout"] == "1"


async def test_row_35_the_homepage(app):
    _, client = await app(HELLO)
    assert (await client.get("/")).headers["content-type"].startswith("text/html")


async def test_row_35_without_a_homepage(app):
    _, client = await app(HELLO, settings={"AzureWebJobsDisableHomepage": "true"})
    assert (await client.get("/")).status_code == 204


async def test_row_84_an_asgi_app(app, write_app, serve):
    root = write_app(
        {
            "host.json": PREFIX % "",
            "function_app.py": """
                import azure.functions as func

                async def asgi(scope, receive, send):
                    if scope["type"] == "lifespan":
                        while True:
                            message = await receive()
                            await send({"type": message["type"] + ".complete"})
                            if message["type"] == "lifespan.shutdown":
                                return
                    headers = [(b"content-type", b"text/plain")]
                    await send({"type": "http.response.start", "status": 200, "headers": headers})
                    await send({"type": "http.response.body", "body": scope["path"].encode()})

                app = func.AsgiFunctionApp(asgi, http_auth_level=func.AuthLevel.ANONYMOUS)
                """,
        }
    )
    _, client = await serve(root)
    assert (await client.get("/x")).text == "/x"


async def test_a_wsgi_app(write_app, serve):
    root = write_app(
        {
            "host.json": PREFIX % "",
            "function_app.py": """
                import azure.functions as func

                def wsgi(environ, start_response):
                    start_response("200 OK", [("content-type", "text/plain")])
                    return [environ["PATH_INFO"].encode()]

                app = func.WsgiFunctionApp(wsgi, http_auth_level=func.AuthLevel.ANONYMOUS)
                """,
        }
    )
    _, client = await serve(root)
    assert (await client.get("/y")).text == "/y"


ECHO = """
    async def asgi(scope, receive, send):
        if scope["type"] != "http":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
        body = scope["path"].encode()
        length = (b"Content-Length", str(len(body)).encode())
        headers = [(b"Content-Type", b"text/plain"), length, (b"Date", b"x"), (b"Connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def wsgi(environ, start_response):
        body = environ["PATH_INFO"].encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("Date", "x")])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]
"""
KINDS = {
    "text": "app = func.FunctionApp(ANYBODY)\n@app.route('{*rest}')\ndef f(req) -> str: return '/a%b'",
    "response": (
        "app = func.FunctionApp(ANYBODY)\n@app.route('{*rest}')\ndef f(req: func.HttpRequest):\n"
        "    return func.HttpResponse(b'/a%b', headers={'Content-Length': '99', 'Date': 'x', 'Connection': 'close'})"
    ),
    "words": (
        "app = func.FunctionApp(ANYBODY)\n@app.route('{*rest}')\ndef f(req) -> str:\n"
        '    return \'{"body": "/a%b", "headers": {"content-length": "1", "transfer-encoding": "chunked"}}\''
    ),
    "asgi": "app = func.AsgiFunctionApp(asgi, ANYBODY)",
    "wsgi": "app = func.WsgiFunctionApp(wsgi, ANYBODY)",
    "starlette": (
        "from starlette.requests import Request\nfrom starlette.responses import PlainTextResponse\n"
        "app = func.FunctionApp(ANYBODY)\n@app.route('{*rest}')\nasync def f(req: Request) -> PlainTextResponse:\n"
        "    return PlainTextResponse(req.url.path.replace('%25', '%'), headers={'Date': 'x'})"
    ),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_app_sends_each_header_once_and_sees_the_path_that_was_meant(kind, write_app, serve):
    source = dedent(ECHO) + "import azure.functions as func\nANYBODY = func.AuthLevel.ANONYMOUS\n" + KINDS[kind]
    host, _ = await serve(write_app({"host.json": PREFIX % "", "function_app.py": source}))
    server = HttpServer(host.app, host="127.0.0.1", port=0)
    url = await server.start()
    async with httpx.AsyncClient(base_url=url) as client:
        answers = [await client.request(method, "/a%25b") for method in ("GET", "HEAD")]
    await server.stop()
    names = [[name for name, _ in answer.headers.multi_items()] for answer in answers]
    assert [sorted(set(found)) == sorted(found) for found in names] == [True, True]
    assert answers[0].text == "/a%b"
    assert [answer.headers["content-length"] for answer in answers] == ["4", "4"]
