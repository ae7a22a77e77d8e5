"""What the host says about an app that is wrong: where it is wrong, and the way out; the rest of the app runs."""

import re

import pytest

from tests.conformance.conftest import HEADER

GOOD = """
@app.route()
def good(req: func.HttpRequest) -> str:
    return "good"
"""
_BAD_LIMIT = '{"version": "2.0", "extensions": {"http": {"maxOutstandingRequests": "many"}}}'
WHOLE = (
    ('{"version": "2.0"', r"host\.json.*line 1 column 18"),
    ("[]", r"host\.json must hold a JSON object"),
    ('{"version": "2.0", "functionTimeout": "soon"}', r"\$\.functionTimeout: 'soon' is no length of time"),
    (_BAD_LIMIT, r"\$\.extensions\.http\.maxOutstandingRequests"),
    ('{"version": "2.0", "extensions": 5}', r"\$\.extensions"),
)
PARTS = {
    "an argument without a binding": (
        "@app.route()\ndef bad(req, other: str): pass\n",
        "Function 'bad' has the parameter 'other', but no binding of that name.",
    ),
    "a binding without an argument": (
        "@app.route()\ndef bad(): pass\n",
        "Function 'bad' has the binding 'req', but no parameter of that name.",
    ),
    "an unknown trigger": (
        "@app.generic_trigger(arg_name='x', type='pigeonTrigger')\ndef bad(x): pass\n",
        "No trigger serves binding type 'pigeonTrigger'; known are",
    ),
    "an unknown output": (
        "@app.route()\n@app.generic_output_binding(arg_name='x', type='pigeon')\ndef bad(req, x): pass\n",
        "No input or output has the type 'pigeon'; known are http, blob",
    ),
    "a connection of a trigger that is not set": (
        "@app.queue_trigger(arg_name='x', queue_name='queue', connection='Lost')\ndef bad(x): pass\n",
        "The app setting 'Lost' is not set, but the queue trigger of function 'bad' connects with it. Set it to",
    ),
    "a connection of an output that is not set": (
        "@app.route()\n@app.blob_output(arg_name='x', path='container/b', connection='Lost')\ndef bad(req, x): pass\n",
        "The app setting 'Lost' is not set, but the blob output 'x' to 'container/b' connects with it. Set it to",
    ),
    "a setting in a binding that is not set": (
        "@app.timer_trigger(arg_name='x', schedule='%WHEN%')\ndef bad(x): pass\n",
        "set the app setting 'WHEN'",
    ),
    "a generator": ("@app.route()\ndef bad(req): yield 1\n", "Function 'bad' is a generator; return the value"),
    "an annotation nobody knows": (
        "@app.route()\ndef bad(req: 'Lost'): pass\n", "An annotation of function 'bad' cannot be resolved: name"),
    "an annotation of another kind": (
        "@app.route()\ndef bad(req: func.TimerRequest): pass\n",
        "The parameter 'req' of function 'bad' is annotated TimerRequest, which the binding httpTrigger does not give",
    ),
    "a context that is none": (
        "@app.route()\ndef bad(req, context: int): pass\n", "annotate it func.Context, not int"),
    "a route that the host has": (
        "@app.route(route='admin/x')\ndef bad(req): pass\n", "conflicts with one or more built in routes"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WHOLE)
async def test_a_host_json_that_cannot_be_used(app, text, said):
    host, client = await app(GOOD, host_json=text)
    assert re.search(said, host.status.app_error), host.status.app_error
    assert (await client.get("/admin/host/ping")).status_code == 200
    assert (await client.get("/api/good")).status_code == 503


@pytest.mark.parametrize("kind", PARTS)
async def test_a_function_that_is_wrong_says_so_and_the_others_run(app, kind):
    source, said = PARTS[kind]
    host, client = await app(GOOD + source)
    assert said in host.status.failures["bad"]
    assert "bad" in host.status.errors[0]
    assert (await client.get("/api/good")).text == "good"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ('{"bindings": [', "function.json is not JSON: Expecting value: line 1 column 15"),
        ("[]", "function.json must hold a JSON object, not list"),
        ("{}", "at least one binding must be declared in $.bindings"),
        ('{"bindings": [5]}', "function.json: $.bindings[0] must be an object, not 5"),
        ('{"bindings": [{"type": "httpTrigger"}]}', "function.json: $.bindings[0].name must be text"),
        ('{"bindings": [{"name": "req", "type": 5}]}', "function.json: $.bindings[0].type must be text"),
        ('{"bindings": [{"name": "req", "type": "httpTrigger", "direction": "inout"}]}', "the direction 'inout'"),
        ('{"bindings": [{"name": "req", "type": "http", "direction": "out"}]}', "exactly one trigger; it has none"),
    ],
)
async def test_a_function_json_that_cannot_be_used(write_app, serve, document, said):
    good = '{"bindings": [{"name": "req", "type": "httpTrigger", "authLevel": "anonymous"}, %s]}'
    files = {
        "bad/function.json": document,
        "bad/__init__.py": "def main(req): return ''\n",
        "good/function.json": good % '{"name": "$return", "type": "http", "direction": "out"}',
        "good/__init__.py": "def main(req): return 'good'\n",
    }
    host, client = await serve(write_app(files))
    assert said in host.status.failures["bad"]
    assert (await client.get("/api/good")).text == "good"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import lost_module\n", "could not be imported: ModuleNotFoundError: No module named 'lost_module'"),
        ("def f(:\n", "could not be imported: SyntaxError"),
        ("raise SystemExit(3)\n", "could not be imported: SystemExit: 3"),
        ("x = 1\n", "must hold exactly one function app at its top level; it has none"),
        (HEADER.format(level="ANONYMOUS") + "other = app\n", "2 names that hold one"),
    ],
)
async def test_an_app_that_is_wrong_as_a_whole(write_app, serve, source, said):
    host, client = await serve(write_app({"function_app.py": source}))
    assert said in host.status.app_error
    master = {"x-functions-key": (await host.keys.master()).value}
    status = (await client.get("/admin/host/status", headers=master)).json()
    assert (status["state"], said in status["errors"][0]) == ("Error", True)
