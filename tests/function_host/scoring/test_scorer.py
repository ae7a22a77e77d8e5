import asyncio
import json
import logging

import azure.functions as func
import pytest

from function_host.scoring import azureml_shim
from function_host.scoring.errors import (
    EntryScriptError,
    ScoringTimeout,
    ScriptAnswerError,
    ScriptInterrupted,
    UndecodableInput,
)
from function_host.scoring.scorer import Scorer

ECHO = "def init(): pass\ndef run(data): return {'got': data}"
RAW = """
from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse

def init(): pass

@rawhttp
def run(request):
    assert isinstance(request, AMLRequest)
    if request.args.get("status"):
        return AMLResponse("said", int(request.args["status"]), {"X-A": "1,2"})
    return {"method": request.method, "size": len(request.get_data()), "type": request.headers.get("Content-Type")}
"""


@pytest.fixture
def scorer(tmp_path):
    azureml_shim.install()

    def write(text: str) -> Scorer:
        (tmp_path / "score.py").write_text(text)
        return Scorer(tmp_path / "score.py")

    return write


def request(body=b"", method="POST", query="", headers=None):
    return func.HttpRequest(method, f"http://host/score{query}", headers=headers or {}, body=body)


async def test_text_in_json_out(scorer):
    answer = await scorer(ECHO).handle_http(request("ä".encode()))
    assert answer.status_code == 200
    assert json.loads(answer.get_body()) == {"got": "ä"}
    assert answer.mimetype == "application/json"
    assert answer.headers["x-ms-run-function-failed"] == "False"
    assert float(answer.headers["x-ms-run-fn-exec-ms"]) >= 0


async def test_get_gives_the_query_as_json(scorer):
    answer = await scorer(ECHO).handle_http(request(method="GET", query="?a=1"))
    assert json.loads(answer.get_body()) == {"got": '{"a": 1}'}


async def test_options_is_answered_without_the_script(scorer):
    answer = await scorer("def init(): pass\ndef run(data): 1/0").handle_http(request(method="OPTIONS"))
    assert (answer.status_code, answer.get_body()) == (200, b"")


async def test_a_body_that_is_no_text_is_400(scorer):
    answer = await scorer(ECHO).handle_http(request(b"\xff"))
    assert answer.status_code == 400
    assert "Input cannot be decoded as UTF-8" in json.loads(answer.get_body())["message"]


async def test_a_raising_script_is_500_and_only_the_log_knows_why(scorer, caplog):
    answer = await scorer("def init(): pass\ndef run(data): raise KeyError('secret')").handle_http(request(b"{}"))
    assert answer.status_code == 500
    assert answer.headers["x-ms-run-function-failed"] == "True"
    assert b"secret" not in answer.get_body()
    assert "KeyError: 'secret'" in caplog.text


async def test_an_answer_that_is_not_json_is_500_but_run_did_not_fail(scorer, caplog):
    with caplog.at_level(logging.ERROR):
        answer = await scorer("def init(): pass\ndef run(data): return b'x'").handle_http(request(b"{}"))
    assert answer.status_code == 500
    assert answer.headers["x-ms-run-function-failed"] == "False"
    assert "returned a bytes" in caplog.text


async def test_ids_are_echoed(scorer):
    answer = await scorer(ECHO).handle_http(request(b"{}", headers={"x-ms-client-request-id": "mine"}))
    assert answer.headers["x-ms-client-request-id"] == answer.headers["x-ms-request-id"] == "mine"


async def test_an_id_that_is_too_long_is_431(scorer):
    answer = await scorer(ECHO).handle_http(request(b"{}", headers={"x-request-id": "x" * 101}))
    assert answer.status_code == 431


async def test_a_raw_script_gets_the_request_itself(scorer):
    answer = await scorer(RAW).handle_http(request(b"\xff\x00", headers={"Content-Type": "image/png"}))
    assert json.loads(answer.get_body()) == {"method": "POST", "size": 2, "type": "image/png"}


async def test_a_raw_scripts_response_is_kept(scorer):
    answer = await scorer(RAW).handle_http(request(query="?status=404"))
    assert (answer.status_code, answer.get_body()) == (404, b"said")
    assert answer.headers.get_all("X-A") == ["1", "2"]


async def test_an_event_gives_text_and_gets_json(scorer):
    assert await scorer(ECHO).handle(b"x") == '{"got": "x"}'


async def test_an_event_reaches_a_raw_script_as_bytes(scorer):
    assert json.loads(await scorer(RAW).handle(b"\xff"))["size"] == 1


async def test_an_event_that_is_no_text_is_refused(scorer):
    with pytest.raises(UndecodableInput):
        await scorer(ECHO).handle(b"\xff")


async def test_an_event_whose_script_raises_raises(scorer):
    with pytest.raises(KeyError, match="lost"):
        await scorer("def init(): pass\ndef run(data): raise KeyError('lost')").handle(b"{}")


async def test_an_event_answered_with_an_error_status_fails(scorer):
    script = (
        "from azureml.contrib.services.aml_response import AMLResponse\n"
        "def init(): pass\n"
        "def run(data): return AMLResponse('bad row 7', 422)"
    )
    with pytest.raises(ScriptAnswerError, match="422: bad row 7"):
        await scorer(script).handle(b"{}")


ODD = """
import asyncio

def init(): pass

def run(data):
    if data == "stop": return next(iter([]))
    if data == "exit": raise SystemExit
    if data == "break": raise KeyboardInterrupt
    if data == "cancel": raise asyncio.CancelledError
    return data
"""


@pytest.mark.parametrize("body", [b"stop", b"exit", b"break", b"cancel"])
async def test_a_script_cannot_stop_the_host_and_the_others_of_its_batch_are_answered(scorer, body):
    odd = scorer(ODD)
    good, bad, later = await asyncio.gather(
        odd.handle(b"good"), odd.handle(body), odd.handle(b"later"), return_exceptions=True
    )
    assert (good, later) == ('"good"', '"later"')
    assert isinstance(bad, ScriptInterrupted)
    assert (await odd.handle_http(request(body))).status_code == 500


async def test_a_script_that_takes_headers_is_told_of_the_event(scorer):
    script = "def init(): pass\ndef run(data, request_headers): return request_headers"
    assert json.loads(await scorer(script).handle(b"", {"x-functions-attempt": "2"})) == {"X-Functions-Attempt": "2"}


async def test_a_run_that_takes_too_long_is_given_up_and_the_next_one_answers(scorer, monkeypatch):
    monkeypatch.setenv("SCORING_TIMEOUT_MS", "30")
    script = "def init(): pass\ndef run(data):\n    while data == 'slow': pass\n    return data"
    slow = scorer(script)
    answer = await slow.handle_http(request(b"slow"))
    assert (answer.status_code, json.loads(answer.get_body())) == (500, {"message": "Scoring timeout after 30 ms"})
    assert answer.headers["x-ms-run-function-failed"] == "True"
    assert (await slow.handle_http(request(b"next"))).status_code == 200
    with pytest.raises(ScoringTimeout):
        await slow.handle(b"slow")


async def test_changed_models_are_refused_before_the_script_runs(scorer, tmp_path):
    model = tmp_path / "azureml-models" / "m" / "1" / "weights"
    model.parent.mkdir(parents=True)
    model.write_text("changed")
    model.parent.with_suffix(".sha256").write_text(f"{'0' * 64}  1/weights\n")
    with pytest.raises(EntryScriptError, match="weights was changed after it was packaged"):
        await scorer("raise SystemExit").start()


async def test_every_answer_tells_the_version_unless_told_not_to(scorer, monkeypatch):
    assert (await scorer(ECHO).handle_http(request())).headers["x-ms-server-version"].startswith("function_host/")
    monkeypatch.setenv("SERVER_VERSION_LOG_RESPONSE_ENABLED", "false")
    assert "x-ms-server-version" not in (await scorer(ECHO).handle_http(request())).headers


async def test_the_api_is_described(scorer):
    answer = await scorer(ECHO).describe(func.HttpRequest("GET", "http://host/swagger.json", body=b""))
    assert json.loads(answer.get_body())["swagger"] == "2.0"
    bad = func.HttpRequest("GET", "http://host/swagger.json?version=9", params={"version": "9"}, body=b"")
    assert (await scorer(ECHO).describe(bad)).status_code == 404


async def test_the_files_of_a_request_are_given_back(scorer):
    script = (
        "from azureml.contrib.services.aml_request import rawhttp\n"
        "def init(): pass\n"
        "@rawhttp\n"
        "def run(request):\n"
        "    global kept\n"
        "    kept = kept if request.method == 'GET' else request.files['f']\n"
        "    return kept.stream.closed"
    )
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nhi\r\n--b--\r\n'
    keeping = scorer(script)
    first = await keeping.handle_http(request(body, headers={"Content-Type": "multipart/form-data; boundary=b"}))
    assert first.get_body() == b"false"
    assert (await keeping.handle_http(request(method="GET"))).get_body() == b"true"


async def test_how_long_the_start_took_is_known_afterwards(scorer):
    started = scorer("import time\ndef init(): time.sleep(0.01)\ndef run(data): return 1")
    assert started.started_in is None

    await started.start()

    imported, initialized = started.started_in
    assert imported > 0
    assert 0.01 <= initialized < 5


async def test_a_sample_is_the_packaged_one_or_that_of_the_decorators(scorer, tmp_path):
    decorated = scorer(
        "from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as P\n"
        "from inference_schema.schema_decorators import input_schema\n"
        "def init(): pass\n"
        "@input_schema('data', P('text'))\n"
        "def run(data): return data\n"
    )
    assert decorated.sample() is None
    await decorated.start()
    assert decorated.sample() == '{"data": "text"}'

    (tmp_path / "sample_input.json").write_text("[1]")
    assert decorated.sample() == "[1]"
