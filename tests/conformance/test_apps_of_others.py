"""The patterns that function apps in the wild are written in; each is a tiny app here that runs unchanged."""

import json
import logging
import sys
from textwrap import dedent

import pytest

from tests.conformance.app_patterns import BESIDE, V2

HTTP_BINDINGS = """{"scriptFile": "%s"%s, "bindings": [
    {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous"},
    {"type": "http", "direction": "out", "name": "$return"}]}"""
GREETING = "import azure.functions as func\napp = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)\n"


@pytest.fixture(autouse=True)
def own_logging():
    """Apps configure logging for the whole process."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.fixture
def modules(monkeypatch):
    """Modules of one app are not there for the next."""
    yield
    for name in [name for name in sys.modules if name.split(".")[0] in ("parts", "shared_code", "__app__")]:
        del sys.modules[name]


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize("pattern", V2)
async def test_a_pattern_of_the_second_model(write_app, serve, pattern):
    source, answer = V2[pattern]
    text = dedent(source)
    text = text if "from __future__" in text else GREETING + text
    host, client = await serve(write_app({"function_app.py": text, **BESIDE}))
    assert not host.status.errors
    assert (await client.post("/api/f")).text == answer


async def test_forms_and_files(write_app, serve):
    source = """
@app.route(route="f")
def f(req: func.HttpRequest) -> str:
    sent = []
    for name, file in req.files.items():
        sent.append(f"{name}={file.filename}:{file.stream.read().decode()}")
        file.close()
    return ";".join([*sent, *(f"{name}={value}" for name, value in req.form.items())])
"""
    _, client = await serve(write_app({"function_app.py": GREETING + source}))
    answer = await client.post("/api/f", files={"one": ("a.txt", b"text")}, data={"word": "x"})
    assert answer.text == "one=a.txt:text;word=x"


async def test_a_logging_configuration_does_not_silence_the_host(write_app, serve, caplog):
    source = """
import logging.config
logging.config.dictConfig({"version": 1})

@app.route(route="f")
def f(req: func.HttpRequest) -> str:
    raise KeyError("lost")
"""
    _, client = await serve(write_app({"function_app.py": GREETING + source}))
    assert (await client.get("/api/f")).status_code == 500
    assert not logging.getLogger("Host").disabled
    assert not logging.getLogger("Host.Loader").disabled


V1 = {
    "shared code by its name": ("from shared_code import words\n\ndef main(req):\n    return words.WORD\n", "", "word"),
    "shared code by the app's package": (
        "from __app__.shared_code.words import WORD\n\ndef main(req):\n    return WORD\n", "", "word"),
    "shared code by a relative import": (
        "from ..shared_code.words import WORD\n\ndef main(req):\n    return WORD\n", "", "word"),
    "a module beside the function": (
        "from .helper import help_\n\ndef main(req):\n    return help_()\n", "", "helped"),
    "another entry point": (
        "def run(req):\n    return 'run'\n", ', "entryPoint": "run"', "run"),
    "a method of an object": (
        "class App:\n    def handle(self, req):\n        return 'method'\n\nhandle = App().handle\n",
        ', "entryPoint": "handle"', "method"),
    "an object that can be called": (
        "class App:\n    def __call__(self, req):\n        return 'called'\n\nmain = App()\n", "", "called"),
    "an object that is awaited": (
        "class App:\n    async def __call__(self, req):\n        return 'awaited'\n\nmain = App()\n", "", "awaited"),
    "a partial": (
        "import functools\n\ndef base(word, req):\n    return word\n\nmain = functools.partial(base, 'partly')\n",
        "", "partly"),
    "an async function with a context": (
        "import azure.functions as func\n\nasync def main(req: func.HttpRequest, context: func.Context):\n"
        "    return context.function_directory.rsplit('/', 1)[1]\n", "", "f"),
}  # fmt: skip
V1_BESIDE = {
    "shared_code/__init__.py": "",
    "shared_code/words.py": "WORD = 'word'\n",
    "f/helper.py": "def help_():\n    return 'helped'\n",
    "host.json": '{"version": "2.0", "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle"}}',
}


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize("pattern", V1)
async def test_a_pattern_of_the_first_model(write_app, serve, pattern):
    source, more, answer = V1[pattern]
    files = {"f/function.json": HTTP_BINDINGS % ("__init__.py", more), "f/__init__.py": source, **V1_BESIDE}
    host, client = await serve(write_app(files))
    assert not host.status.errors
    assert (await client.post("/api/f")).text == answer


STREAMING = """
from azurefunctions.extensions.http.fastapi import JSONResponse, Request, Response, StreamingResponse

@app.route(route="items/{id}", methods=["GET", "POST"])
async def items(req: Request) -> StreamingResponse:
    async def parts():
        yield f"{req.path_params['id']} {req.query_params.get('q')} ".encode()
        async for chunk in req.stream():
            yield chunk.upper()
    return StreamingResponse(parts(), media_type="text/event-stream")

@app.route(route="json")
async def as_json(req: Request) -> JSONResponse:
    return JSONResponse({"got": await req.json()}, status_code=201)

@app.route(route="plain")
def plain(req: Request):
    return {"method": req.method, "header": req.headers["x-own"]}

@app.route(route="broken")
async def broken(req: Request) -> Response:
    raise KeyError("lost")

@app.route(route="old")
def old(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("old")
"""


async def test_requests_and_streams_of_the_fastapi_extension(write_app, serve):
    host, client = await serve(write_app({"function_app.py": GREETING + STREAMING}))
    assert not host.status.errors
    streamed = await client.post("/api/items/7?q=x", content=b"body")
    assert (streamed.text, streamed.headers["content-type"]) == ("7 x BODY", "text/event-stream; charset=utf-8")
    answer = await client.post("/api/json", json=[1])
    assert (answer.status_code, answer.json()) == (201, {"got": [1]})
    assert (await client.get("/api/plain", headers={"x-own": "h"})).json() == {"method": "GET", "header": "h"}
    assert (await client.get("/api/broken")).status_code == 500
    assert (await client.get("/api/old")).text == "old"


async def test_clients_of_an_sdk_are_refused_by_name(write_app, serve):
    source = """
from azurefunctions.extensions.base import SdkType

class BlobClient(SdkType):
    pass

@app.blob_trigger(arg_name="blob", path="input/{name}", connection="C")
def f(blob: BlobClient) -> None:
    pass

@app.route(route="good")
def good(req: func.HttpRequest) -> str:
    return "good"
"""
    host, client = await serve(write_app({"function_app.py": GREETING + source}))
    assert "'blob' of function 'f' is annotated with the SDK type BlobClient" in host.status.failures["f"]
    assert (await client.get("/api/good")).text == "good"


async def test_events_of_blobs_tables_and_requests_meet(write_app, serve, tmp_path):
    """An upload stored by an output whose name comes from the request, and read in parts by an input."""
    source = """
@app.route(route="files/{name}", methods=["PUT"])
@app.blob_output(arg_name="target", path="files/{name}-{Query.kind}-{Headers.x-tenant}.bin", connection="C")
def put(req: func.HttpRequest, target: func.Out[bytes]) -> func.HttpResponse:
    target.set(req.get_body())
    return func.HttpResponse(status_code=201)

@app.route(route="files/{name}", methods=["GET"])
@app.blob_input(arg_name="source", path="files/{name}.bin", connection="C", data_type="BINARY")
def get(req: func.HttpRequest, source: func.InputStream) -> func.HttpResponse:
    parts = []
    while part := source.read(2):
        parts.append(part)
    return func.HttpResponse(b"|".join(parts))
"""
    files = {"function_app.py": GREETING + source}
    _, client = await serve(write_app(files), {"C": f"folder:{tmp_path}"})
    answer = await client.put("/api/files/a?kind=x", content=b"12345", headers={"x-tenant": "t"})
    assert answer.status_code == 201
    assert (tmp_path / "files" / "a-x-t.bin").read_bytes() == b"12345"
    assert (await client.get("/api/files/a-x-t")).content == b"12|34|5"


async def test_a_return_value_that_nobody_takes_beside_an_unknown_kind_of_binding(write_app, serve):
    binding = json.dumps({"type": "signalR", "direction": "out", "name": "out", "hubName": "h"})
    files = {"f/function.json": HTTP_BINDINGS % ("__init__.py", ""), "f/__init__.py": "def main(req): return 'x'\n"}
    files["g/function.json"] = files["f/function.json"].replace('"bindings": [', f'"bindings": [{binding},')
    files["g/__init__.py"] = "def main(req, out): return 'x'\n"
    host, client = await serve(write_app(files))
    assert "'signalR'" in host.status.failures["g"]
    assert (await client.get("/api/f")).text == "x"
