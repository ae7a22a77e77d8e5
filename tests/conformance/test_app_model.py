"""How apps are found and checked on Azure, one test per row of the conformance table."""

import asyncio

import pytest

TWO_FUNCTIONS = """
@app.route()
def good(req: func.HttpRequest) -> str:
    return "good"
"""
BINDINGS = """{"bindings": [
    {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous"},
    {"type": "http", "direction": "out", "name": "$return"}]%s}"""


async def test_row_46_two_apps_in_one_file(app):
    host, client = await app("other = func.FunctionApp()" + TWO_FUNCTIONS)
    assert "2 names that hold one" in host.status.app_error
    assert (await client.get("/api/good")).status_code == 404
    assert (await client.get("/admin/host/ping")).status_code == 200


async def test_row_47_two_functions_of_one_name(app):
    host, _ = await app(TWO_FUNCTIONS + TWO_FUNCTIONS)
    assert "good does not have a unique" in host.status.app_error


async def test_row_48_a_blueprint_takes_the_apps_level(app):
    _, client = await app(
        """
blueprint = func.Blueprint()

@blueprint.route(route="part")
def part(req: func.HttpRequest) -> str:
    return "part"

app.register_functions(blueprint)
"""
    )
    assert (await client.get("/api/part")).text == "part"


async def test_row_49_the_first_programming_model(write_app, serve):
    files = {"fn1/function.json": BINDINGS % "", "fn1/__init__.py": "def main(req):\n    return 'fn1'\n"}
    _, client = await serve(write_app(files))
    assert (await client.get("/api/fn1")).text == "fn1"


async def test_row_50_a_script_file_that_is_not_there(write_app, serve):
    files = {
        "good/function.json": BINDINGS % "",
        "good/__init__.py": "def main(req):\n    return 'good'\n",
        "bad/function.json": BINDINGS % ', "scriptFile": "none.py"',
    }
    host, client = await serve(write_app(files))
    assert list(host.status.failures) == ["bad"]
    assert (await client.get("/api/good")).text == "good"


async def test_row_51_a_parameter_without_a_binding(app):
    host, client = await app(
        TWO_FUNCTIONS
        + """
@app.route()
def bad(req: func.HttpRequest, other: str) -> str:
    return ""
"""
    )
    assert "'other'" in host.status.failures["bad"]
    assert (await client.get("/api/good")).text == "good"


async def test_row_52_a_setting_that_is_not_there(app):
    host, client = await app(
        TWO_FUNCTIONS
        + """
@app.blob_trigger(arg_name="blob", path="%MISSING%/{name}", connection="C")
def bad(blob: func.InputStream) -> None:
    pass
"""
    )
    assert "'%MISSING%'" in host.status.failures["bad"]
    assert "does not resolve to a value" in host.status.failures["bad"]
    assert (await client.get("/api/good")).text == "good"


async def test_row_79_retries_of_a_function_that_always_fails(app):
    host, _ = await app(
        """
attempts = []

@app.function_name("failing")
@app.warm_up_trigger(arg_name="warmup")
@app.retry(strategy="fixed_delay", max_retry_count="3", delay_interval="00:00:00")
def failing(warmup, context) -> None:
    attempts.append(context.retry_context.retry_count)
    raise ValueError(str(attempts))
"""
    )
    import sys

    sys.modules["function_app"].attempts.clear()
    await host._invoke(host.status.find("failing"), "")
    await asyncio.gather(*host._background)
    assert sys.modules["function_app"].attempts == [0, 1, 2, 3]


@pytest.mark.real_time
async def test_row_80_a_function_that_takes_too_long(app, caplog):
    _, client = await app(
        TWO_FUNCTIONS
        + """
import time

@app.route()
def slow(req: func.HttpRequest) -> str:
    time.sleep(1.3)
    return "late"
""",
        host_json='{"version": "2.0", "functionTimeout": "00:00:01"}',
    )
    assert (await client.get("/api/slow")).status_code == 500
    assert "ran longer than 1 s" in caplog.text
    assert (await client.get("/api/good")).text == "good"


async def test_row_82_host_json_without_a_version(app):
    host, client = await app(TWO_FUNCTIONS, host_json="{}")
    answer = await client.get("/api/good")
    assert (answer.status_code, answer.text) == (503, "Function host is not running.")
    assert "$.version" in host.status.app_error
