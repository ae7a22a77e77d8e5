"""triggers.blob"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import azure.functions as func
import pytest

from triggers.blob import BlobOptions, adapter, connections, scale
from triggers.blob import binding as binding_adapter
from triggers.contract import Binding, ScaleContext
from triggers.errors import InvalidOptions


class Upper:
    """A scoring script that answers in capitals."""

    async def handle_http(self, request: func.HttpRequest) -> func.HttpResponse:
        raise NotImplementedError

    async def handle(self, body: func.InputStream, headers) -> str | bytes:
        self.headers = headers
        return body.read().decode().upper()


def declared(**options: str) -> func.decorators.function_app.Function:
    app = func.FunctionApp()
    BlobOptions(**options).declare(app, Upper())
    (function,) = app.get_functions()
    return function


def test_the_defaults_are_those_of_the_retired_api():
    function = declared()
    assert function.get_function_name() == "score_blob"
    trigger, output = sorted((json.loads(raw) for raw in function.get_raw_bindings()), key=lambda one: one["direction"])
    assert trigger == {
        "type": "blobTrigger", "direction": "IN", "name": "blob", "path": "input/{blobname}.json",
        "connection": "TriggerConnectionString", "errorPath": "output/{blobname}_error.json",
    }  # fmt: skip
    assert output == {
        "type": "blob", "direction": "OUT", "name": "$return", "path": "output/{blobname}_out.json",
        "connection": "TriggerConnectionString",
    }  # fmt: skip


async def test_the_declared_function_answers_with_the_scripts_answer():
    app, script = func.FunctionApp(), Upper()
    BlobOptions(input_path="abc/{x}", output_path="def/{x}", connection="Other").declare(app, script)
    (function,) = app.get_functions()
    call = function.get_user_function()
    context = SimpleNamespace(retry_context=SimpleNamespace(retry_count=2))
    assert await call(func.blob.InputStream(data=b"abc", name="abc/ü x"), context) == b"ABC"
    assert script.headers == {"x-functions-blob": "abc/%C3%BC%20x", "x-functions-attempt": "3"}
    assert call.__annotations__ == {"blob": func.InputStream, "context": func.Context, "return": bytes}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"output_path": "output/{blobnme}_out.json"}, r"\{blobnme\}.*has \{blobname\}"),
        ({"input_path": "input", "output_path": "output/{x}"}, "no placeholder"),
        ({"input_path": "data/{n}.json", "output_path": "data/{n}_out.json"}, "'data/{n}_out.json'.*'data/{n}.json'"),
        ({"input_path": "{n}.json"}, "'{n}.json'"),
        ({"input_path": "input/"}, "'input/'"),
        ({"output_path": "output"}, "'output'"),
        ({"output_path": ""}, "''"),
        ({"input_path": ""}, "''"),
        ({"error_path": "input/{blobname}.json"}, "error_path 'input/{blobname}.json' matches"),
        ({"error_path": "errors/{name}"}, r"error_path 'errors/{name}' uses \{name\}"),
        ({"error_path": "output/{blobname}_out.json"}, "error_path .* and output_path .* are one blob"),
        ({"error_path": "errors/{properties.etag}"}, r"uses \{properties.etag\}"),
        ({"error_path": 5}, "error_path 5 must be text"),
        ({"start_from": "today"}, "start_from 'today' must be 'all' or 'now'"),
        ({"connection": " "}, "must name an app setting"),
        ({"connection": "AccountName=a;AccountKey=b"}, "must name an app setting"),
        ({"connection": "1st"}, "'1st' must name an app setting"),
        ({"connection": 5}, "connection 5 must name an app setting"),
        ({"input_path": 5}, "input_path 5 must be text"),
        ({"output_path": 5}, "output_path 5 must be text"),
    ],
)
def test_bad_options_are_refused_when_made(options, told):
    with pytest.raises(InvalidOptions, match=told):
        BlobOptions(**options)


@pytest.mark.parametrize("output", ["out/{rand-guid}.json", "out/{DateTime:yyyy}/{BLOBNAME}", "out/{Properties.ETag}"])
def test_outputs_may_use_built_ins_and_metadata(output):
    assert BlobOptions(output_path=output).output_path == output


@pytest.mark.parametrize(
    ("output", "errors"),
    [
        ("out/{blobname}.txt", "out/{blobname}_error.json"),
        ("out/{BLOBNAME}", "out/{BLOBNAME}_error.json"),
        ("out/{rand-guid}.json", "out/{blobtrigger}_error.json"),
        ("out/{blobname}/{Properties.ETag}", "out/{blobtrigger}_error.json"),
        ("team-{metadata.team}/{blobname}", ""),
    ],
)
def test_errors_are_beside_the_answers_under_a_name_that_every_failure_has(output, errors):
    assert BlobOptions(output_path=output).error_path == errors


def test_the_deployment_is_told_what_to_set():
    (setting,) = connections(BlobOptions(connection="Mine")).items()
    assert setting[0] == "Mine"
    assert "folder:" in setting[1]


def test_connections_refuse_other_options():
    with pytest.raises(InvalidOptions, match="not Upper"):
        connections(Upper())  # type: ignore[arg-type]


def binding(path: str, kind: str = "blobTrigger", **options: object) -> Binding:
    return Binding(type=kind, name="blob", direction="IN", options={"path": path, "connection": "Store", **options})


def scaling(settings: Mapping[str, str], path: str = "input/in/{n}.json", **options: object) -> ScaleContext:
    return ScaleContext(binding=binding(path, **options), host_id="my-app", settings=settings)


def test_the_scale_rule_counts_what_was_handed_over():
    rule = scale(scaling({"AzureWebJobsStorage": "folder:/a"}))
    assert rule is not None
    assert rule.scaler == "azure-queue"
    assert rule.metadata == {
        "queueName": "azure-webjobs-blobtrigger-my-app", "queueLength": "5", "connectionFromEnv": "AzureWebJobsStorage",
    }  # fmt: skip
    assert rule.min_replicas == 1
    assert scale(scaling({}, "{n}")) is None


def test_without_an_account_of_its_own_the_host_keeps_its_queue_beside_the_blobs():
    rule = scale(scaling({"Store": "folder:/a"}))
    assert rule is not None
    assert rule.metadata["connectionFromEnv"] == "Store"


def test_where_event_grid_tells_of_blobs_nobody_need_look():
    rule = scale(scaling({}, source="EventGrid"))
    assert rule is not None
    assert rule.min_replicas == 0


@pytest.mark.process
def test_the_adapter_is_complete_and_imports_no_sdk():
    code = (
        "import sys, triggers.blob as b; print(b.adapter.name, b.adapter.binding_type, b.adapter.extension);"
        "print([m for m in sys.modules if m.startswith(('aiohttp', 'watchdog', 'azure.storage'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["blob blobTrigger blobs", "[]"]
    assert adapter.extras == ("blob", "watch")
    assert binding_adapter.type == "blob"
    assert Path(__file__).stem == f"test_{adapter.name}"
