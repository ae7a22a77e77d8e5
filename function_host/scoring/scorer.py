"""The Handler behind every scoring function: events in, run()'s answers out."""

import contextlib
import io
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from function_host.scoring import answers
from function_host.scoring.azureml_shim import AMLRequest
from function_host.scoring.entry_script import EntryScript
from function_host.scoring.errors import ScriptInterrupted
from function_host.scoring.payload import UndecodableInput, header_dict, json_text, query_text, text
from function_host.scoring.script_thread import ScriptThread
from function_host.telemetry.tracebacks import users_part
from triggers.contract import NO_HEADERS
from triggers.http_body import Readable, SpooledBody, gathered, whole

_log = logging.getLogger("Scoring")


class ScriptAnswerError(Exception):
    """The script itself answered a pulled event with an error status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    """One call of run(): what it gave, and how long it took."""

    result: Any = None
    streamed: bytes | SpooledBody | None = None
    """The body of a response that run() gave as an iterator."""
    error: BaseException | None = None
    milliseconds: float = 0.0


class Scorer:
    """Answers events with one scoring script, which it starts on the first event at the latest."""

    def __init__(self, script: Path) -> None:
        self._script = EntryScript(script)
        self._thread = ScriptThread("score")

    async def start(self) -> None:
        """Import the script and run init(), once; raises EntryScriptError."""
        if not self._script.is_started:
            await self._thread.submit(self._script.start)

    def load(self) -> None:
        """As start(), on the calling thread: for a process that is about to be forked, which has no other yet."""
        self._script.start()

    async def handle(
        self, body: bytes | Readable, headers: Mapping[str, str] = NO_HEADERS
    ) -> str | bytes | SpooledBody:
        """Answer one pulled event: run() gets its text, or with @rawhttp a POST request that streams it.

        An answer that run() streams, and that is long, waits on disk for whoever writes it.

        Raises what run() raised (ScriptInterrupted for SystemExit and its like), UndecodableInput, ScriptAnswerError
        for a response of 400 or more, and TypeError for an answer that is not JSON.
        """
        await self.start()
        argument = _raw_request("POST", "/", headers, body) if self._script.is_raw else text(_whole(body))
        ran = await self._run(argument, headers)
        if ran.error is not None:
            raise _raisable(ran.error)
        result = ran.result
        if not isinstance(result, Response):
            return json_text(result)
        if result.status_code >= 400:
            raise ScriptAnswerError(f"run() answered with status {result.status_code}: {result.get_data(as_text=True)}")
        return result.get_data() if ran.streamed is None else ran.streamed

    async def handle_http(self, request: func.HttpRequest) -> func.HttpResponse:
        """Answer one request as the scoring server did; never raises for what run() does."""
        ids = answers.request_ids(request.headers)
        if ids.too_long:
            return answers.message(f"The header {ids.too_long} is over {answers.LONGEST_ID} characters.", 431, ids={})
        await self.start()
        if request.method == "OPTIONS" and not self._script.is_raw:
            return func.HttpResponse(status_code=200, mimetype="text/html", headers=ids.headers)
        try:
            argument = self._argument(request)
        except UndecodableInput as error:
            return answers.message(str(error), 400, ids=ids.headers)
        return self._reply(await self._run(argument, request.headers), ids.headers)

    def _argument(self, request: func.HttpRequest) -> object:
        if self._script.is_raw:
            return _raw_request(request.method, request.url, request.headers, request.get_body())
        if request.method == "GET":
            return query_text(urlsplit(request.url).query)
        return text(request.get_body())

    async def _run(self, argument: object, headers: Mapping[str, str]) -> _Ran:
        def call() -> _Ran:
            started = time.perf_counter()
            try:
                result = self._script.run(argument, lambda: header_dict(headers))
                streamed = _streamed(result)
            except BaseException as error:  # because whatever the script raises is its answer
                return _Ran(error=error)
            return _Ran(result=result, streamed=streamed, milliseconds=(time.perf_counter() - started) * 1000)

        return await self._thread.submit(call)

    def _reply(self, ran: _Ran, ids: Mapping[str, str]) -> func.HttpResponse:
        if ran.error is not None:
            _log.error("run() failed", exc_info=users_part(ran.error))
            return answers.message(answers.SCRIPT_FAILED, 500, run_failed=True, ids=ids)
        if isinstance(ran.result, Response):
            return _from_response(ran.result, ran.streamed, ids)
        try:
            body = json_text(ran.result)
        except (TypeError, ValueError) as error:
            _log.error("run() returned a %s, which is not JSON: %s", type(ran.result).__name__, error)
            return answers.message(answers.INTERNAL_ERROR, 500, ids=ids)
        return answers.reply(body, 200, headers={"x-ms-run-fn-exec-ms": f"{ran.milliseconds:.3f}", **ids})


def _raisable(error: BaseException) -> BaseException:
    """What run() raised, unless that would stop the host or confuse its event loop."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration | StopAsyncIteration):
        return error
    interrupted = ScriptInterrupted(f"run() raised {type(error).__name__}.")
    interrupted.__cause__ = error
    return interrupted


def _streamed(result: object) -> bytes | SpooledBody | None:
    """What a response yields, while still on the script's own thread; None for any other answer."""
    if not isinstance(result, Response) or not result.is_streamed:
        return None
    with contextlib.closing(result):
        return gathered(result.iter_encoded())


def _whole(body: bytes | Readable) -> bytes:
    if isinstance(body, bytes):
        return body
    data = body.read()
    return data.encode() if isinstance(data, str) else data


def _raw_request(method: str, url: str, headers: Mapping[str, str], body: bytes | Readable) -> AMLRequest:
    parts = urlsplit(url)
    builder = EnvironBuilder(
        path=parts.path,
        query_string=parts.query,
        base_url=f"{parts.scheme}://{parts.netloc}" if parts.netloc else None,
        method=method,
        headers=Headers(headers),
    )
    environ = builder.get_environ()
    environ["wsgi.input"] = io.BytesIO(body) if isinstance(body, bytes) else body
    length = len(body) if isinstance(body, bytes) else getattr(body, "length", None)
    # It ends by itself, so the request need not count.
    environ["wsgi.input_terminated"] = True
    if length is not None:
        environ["CONTENT_LENGTH"] = str(length)
    return AMLRequest(environ)


def _from_response(
    response: Response, streamed: bytes | SpooledBody | None, ids: Mapping[str, str]
) -> func.HttpResponse:
    failed = getattr(response, "run_function_failed", None)
    told = {} if failed is None else {"x-ms-run-function-failed": str(failed)}
    body = response.get_data() if streamed is None else whole(streamed)
    answer = func.HttpResponse(body, status_code=response.status_code, headers={**told, **ids})
    for name, value in response.headers:
        if name.lower() != "content-length":
            answer.headers.add(name, value)
    return answer
