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


BY_HAND = """
got = []

@app.route(route="got")
def show(req: func.HttpRequest) -> str:
    return "\\n".join(got)

@app.function_name("queue")
@app.queue_trigger(arg_name="x", queue_name="q-1", connection="Azurite")
def of_queue(x: func.QueueMessage) -> None:
    got.append(f"{x.get_body()} {x.dequeue_count} {bool(x.id)} {x.insertion_time < x.expiration_time}")

@app.function_name("blob")
@app.blob_trigger(arg_name="x", path="input/{name}.txt", connection="Folder")
@app.blob_output(arg_name="$return", path="output/{name}", connection="Folder")
def of_blob(x: func.InputStream) -> bytes:
    got.append(f"{x.name} {x.length} {x.read()}")
    return b"out"

@app.function_name("timer")
@app.timer_trigger(arg_name="x", schedule="0 0 1 1 *")
def of_timer(x: func.TimerRequest) -> None:
    got.append(f"{x.past_due} {x.schedule}")

@app.function_name("event")
@app.event_grid_trigger(arg_name="x")
def of_event(x: func.EventGridEvent) -> None:
    got.append(f"{x.id} {x.get_json()}")

@app.function_name("http")
@app.route(route="http/{id?}")
def of_http(req: func.HttpRequest) -> str:
    got.append(f"{req.method} {req.get_body()}")
    return ""
"""


@pytest.fixture
async def by_hand(admin, tmp_path):
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "a.txt").write_bytes(b"text")
    off = {f"AzureWebJobs.{name}.Disabled": "1" for name in ("queue", "blob", "timer", "event")}
    settings = {"Azurite": "UseDevelopmentStorage=true", "Folder": f"folder:{tmp_path}", **off}
    _, client = await admin(BY_HAND, settings=settings)
    return client


@pytest.mark.parametrize(
    ("function", "text", "got"),
    [
        ("queue", "hello", "b'hello' 1 True True"),
        ("blob", "input/a.txt", "input/a.txt 4 b'text'"),
        ("timer", "whatever", "False {'AdjustForDST': True}"),
        ("event", '{"id": "7", "data": {"a": 1}}', "7 {'a': 1}"),
        ("http", "body", "POST b'body'"),
    ],
)
async def test_what_the_text_means_depends_on_the_trigger(by_hand, tmp_path, function, text, got):
    assert (await by_hand.post(f"/admin/functions/{function}", json={"input": text})).status_code == 202
    async with asyncio.timeout(5):
        while not (seen := (await by_hand.get("/api/got")).text):  # noqa: ASYNC110 - it is the app's state
            await asyncio.sleep(0.01)
        assert seen == got
        while function == "blob" and not (tmp_path / "output" / "a").is_file():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("function", "text", "said"),
    [
        ("blob", "input/none.txt", "There is no blob input/none.txt; write it first"),
        ("blob", "nothing", "'nothing' is no path of a blob; function 'blob' runs for an input such as"),
        ("event", "no json", "'no json' is no event; function 'event' runs for a JSON object"),
    ],
)
async def test_a_text_that_stands_for_no_event(by_hand, function, text, said):
    answer = await by_hand.post(f"/admin/functions/{function}", json={"input": text})
    assert answer.status_code == 400
    assert said in answer.json()["message"]
