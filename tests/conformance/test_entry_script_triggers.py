"""One script behind the HTTP, blob and Service Bus triggers: the same input gives the same answer."""

import asyncio
import json
import time
from pathlib import Path

import azure.functions as func
import pytest
from azure.functions.blob import InputStream

from function_host.binding import decoder
from function_host.scoring import scoring_app
from tests.support.memory_bus import message
from triggers.contract import Binding
from triggers.service_bus_message import message_event

TEXT = """
    import json

    def init():
        pass

    def run(data):
        return {"sum": sum(json.loads(data)["data"]), "ä": None}
    """
RAW = """
    from azureml.contrib.services.aml_request import rawhttp
    from azureml.contrib.services.aml_response import AMLResponse

    def init():
        pass

    @rawhttp
    def run(request):
        return AMLResponse(f"{request.method} {sum(request.get_json(force=True)['data'])}", 200)
    """
PIECES = """
    from azureml.contrib.services.aml_request import rawhttp
    from azureml.contrib.services.aml_response import AMLResponse

    def init():
        pass

    @rawhttp
    def run(request):
        return AMLResponse(iter([b"\\xff", request.stream.read()]), 200)
    """
SCHEMA = """
    import numpy as np
    from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
    from inference_schema.schema_decorators import input_schema

    def init():
        pass

    @input_schema("data", NumpyParameterType(np.array([1, 2, 3])))
    def run(data, scale=2):
        return {"shape": data.shape, "sum": int(data.sum()) * scale}
    """
SCRIPTS = {"text": TEXT, "raw": RAW, "pieces": PIECES, "schema": SCHEMA}
APP = """
    from function_host.scoring import scoring_app

    app = scoring_app(
        __file__, entry_script="azureml-app/score.py", model_dir="azureml-models",
        http={"auth_level": "anonymous"}, blob={},
    )
    """
BODY = b'{"data": [1, 2, 3]}'


def _file(path: Path) -> bytes:
    deadline = time.monotonic() + 10
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return path.read_bytes()


@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_request_and_a_blob_get_the_same_answer(name, write_app, serve, tmp_path):
    store = tmp_path / "store"
    (store / "input").mkdir(parents=True)
    (store / "output").mkdir()
    settings = {"TriggerConnectionString": f"folder:{store}", "AzureWebJobsStorage": f"folder:{store}"}
    root = write_app({"function_app.py": APP, "azureml-app/score.py": SCRIPTS[name]})
    _, client = await serve(root, settings)

    (store / "input" / "one.json").write_bytes(BODY)
    answer = await client.post("/api/score", content=BODY, headers={"content-type": "application/json"})

    assert answer.status_code == 200
    assert await asyncio.to_thread(_file, store / "output" / "one_out.json") == answer.content


@pytest.mark.parametrize("name", SCRIPTS)
async def test_every_function_of_an_app_gives_the_same_answer(name, write_app):
    root = write_app({"score.py": SCRIPTS[name]})
    app = scoring_app(
        str(root / "function_app.py"), entry_script="score.py", model_dir="m", http={}, blob={}, service_bus_queue={}
    )
    functions = {each.get_function_name(): each.get_user_function() for each in app.get_functions()}
    request = func.HttpRequest("POST", "http://h/score", headers={"Content-Type": "application/json"}, body=BODY)
    binding = Binding(type="serviceBusTrigger", name="m", direction="IN", options={"connection": "C"})
    context = type("Context", (), {"retry_context": None, "trace_context": None})()

    by_http = (await functions["score_http"](request)).get_body()
    by_blob = await functions["score_blob"](InputStream(data=BODY, name="input/x.json"), context)
    by_bus = await functions["score_bus_message"](decoder(binding, None)(message_event(message("m", BODY))))

    assert by_http == by_blob == by_bus


async def test_what_is_refused_by_http_fails_the_event(write_app, tmp_path):
    from function_host.scoring.errors import BadInput

    root = write_app({"score.py": SCHEMA})
    app = scoring_app(str(root / "function_app.py"), entry_script="score.py", model_dir="m", service_bus_queue={})
    (bus,) = (each for each in app.get_functions() if each.get_function_name() == "score_bus_message")
    binding = Binding(type="serviceBusTrigger", name="m", direction="IN", options={"connection": "C"})

    with pytest.raises(BadInput, match="A value is not provided for the 'data' parameter"):
        await bus.get_user_function()(decoder(binding, None)(message_event(message("m", json.dumps({}).encode()))))
