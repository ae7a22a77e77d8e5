"""The Handler behind every scoring function: events in, run()'s answers out."""

import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import azure.functions as func
from werkzeug.wrappers import Response

from function_host.scoring import answers
from function_host.scoring.aml_http import AMLRequest
from function_host.scoring.entry_script import EntryScript
from function_host.scoring.errors import (
    BadInput,
    ScoringTimeout,
    ScriptAnswerError,
    ScriptInterrupted,
    UnsupportedInput,
)
from function_host.scoring.flask_context import flask_context
from function_host.scoring.model_digests import check_models
from function_host.scoring.payload import header_dict, json_text
from function_host.scoring.raw_request import Arrival, from_event, from_request
from function_host.scoring.sample_schema import INPUT, packaged_sample
from function_host.scoring.script_thread import ScriptThread
from function_host.scoring.settings import ScoringSettings, load_settings
from function_host.scoring.swagger import Swagger, sample_of
from function_host.scoring.swagger_template import WEB_SERVICE, Service
from function_host.telemetry.tracebacks import users_part
from triggers.contract import NO_HEADERS
from triggers.http_body import Readable, SpooledBody, gathered

_log = logging.getLogger("Scoring")

Answer = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


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

    def __init__(self, script: Path, root: Path | None = None, source: Path | None = None) -> None:
        """`root` is the folder of the app and `source` that of the script's project; by default the script's own."""
        self._root = root or script.parent
        self._folders = list(dict.fromkeys((self._root, source or script.parent, script.parent)))
        self._script = EntryScript(script, self._prepare)
        self._thread = ScriptThread("score")
        self._settings = ScoringSettings()
        self._described: tuple[Service, Swagger] | None = None

    async def start(self) -> None:
        """Check the models, import the script and run init(), once; raises EntryScriptError."""
        if not self._script.is_started:
            await self._thread.submit(self._script.start)

    def load(self) -> None:
        """As start(), on the calling thread: for a process that is about to be forked, which has no other yet."""
        self._script.start()

    @property
    def started_in(self) -> tuple[float, float] | None:
        """Seconds that the import of the script and its init() took; None before it has started."""
        return self._script.started_in

    def sample(self) -> str | None:
        """An input for run(): the one packaged with it, else that of its decorators, once the script has started."""
        packaged = packaged_sample(self._root, INPUT)
        if packaged is not None:
            return packaged.decode(errors="replace")
        return sample_of(self._script.function) if self._script.is_started else None

    def _prepare(self) -> None:
        self._settings = load_settings(self._folders)
        check_models(self._root)

    async def handle(
        self, body: bytes | Readable, headers: Mapping[str, str] = NO_HEADERS
    ) -> str | bytes | SpooledBody:
        """Answer one pulled event: run() gets its text, the values in it if it has a schema, or with @rawhttp a POST.

        An answer that run() streams, and that is long, waits on disk for whoever writes it.

        Raises what run() raised (ScriptInterrupted for SystemExit and its like), BadInput, ScoringTimeout,
        ScriptAnswerError for a response of 400 or more, and TypeError for an answer that is not JSON.
        """
        await self.start()
        ran = await self._run(from_event(body, headers))
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
        return await self.framed(request, self._score)

    async def describe(self, request: func.HttpRequest, service: Service = WEB_SERVICE) -> func.HttpResponse:
        """The API description that `?version=` asks for: 2 (the default), 3 or 3.1."""
        return await self.framed(request, partial(self._describe, service))

    async def health(self, request: func.HttpRequest) -> func.HttpResponse:
        """The answer to probes, once the script has started."""
        return await self.framed(request, _healthy)

    async def framed(self, request: func.HttpRequest, answer: Answer) -> func.HttpResponse:
        """What `answer` says, with the headers that every answer has; once the script has started."""
        await self.start()
        ids = answers.request_ids(request.headers)
        response = answers.message(ids.too_long, 431) if ids.too_long else await answer(request)
        return answers.framed(response, request.headers, request.method, ids, self._settings)

    def runs_options(self) -> bool:
        """Does the script itself answer OPTIONS? Known once it has started."""
        return "OPTIONS" in self._script.input.methods

    async def _score(self, request: func.HttpRequest) -> func.HttpResponse:
        if request.method not in self._script.input.methods:
            return answers.empty() if request.method == "OPTIONS" else answers.message(answers.NOT_ALLOWED, 405)
        try:
            return _reply(await self._run(from_request(request)))
        except BadInput as error:
            return answers.message(str(error), 415 if isinstance(error, UnsupportedInput) else 400)

    async def _describe(self, service: Service, request: func.HttpRequest) -> func.HttpResponse:
        if self._described is None or self._described[0] != service:
            self._described = service, Swagger(self._script.function, self._settings, self._folders, service)
        try:
            document = self._described[1].document(request.params.get("version", "2"))
            return answers.reply(json_text(document), 200)
        except KeyError as error:
            return answers.message(error.args[0], 404)

    async def _run(self, arrival: Arrival) -> _Ran:
        """Raises BadInput."""
        arguments = self._script.input.arguments(arrival)

        def call() -> _Ran:
            started = time.perf_counter()
            try:
                with flask_context(arrival):
                    result = self._script.run(arguments, lambda: header_dict(arrival.headers))
                    streamed = _streamed(result)
            except BaseException as error:  # because whatever the script raises is its answer
                return _Ran(error=error)
            finally:
                _close(arguments)
            return _Ran(result=result, streamed=streamed, milliseconds=(time.perf_counter() - started) * 1000)

        try:
            return await self._thread.submit(call, self._settings.timeout_ms / 1000)
        except ScoringTimeout as error:
            return _Ran(error=error)


async def _healthy(_request: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("Healthy", mimetype="text/html")


def _reply(ran: _Ran) -> func.HttpResponse:
    if isinstance(ran.error, ScoringTimeout):
        _log.error("run() was given up: %s", ran.error)
        return answers.message(str(ran.error), 500, run_failed=True)
    if ran.error is not None:
        _log.error("run() failed", exc_info=users_part(ran.error))
        return answers.message(answers.SCRIPT_FAILED, 500, run_failed=True)
    try:
        answer = _answer(ran)
    except (TypeError, ValueError) as error:
        _log.error("run() returned a %s, which is not JSON: %s", type(ran.result).__name__, error)
        return answers.message(answers.INTERNAL_ERROR, 500)
    answer.headers.add(answers.RUN_TIME, f"{ran.milliseconds:.3f}")
    return answer


def _answer(ran: _Ran) -> func.HttpResponse:
    if isinstance(ran.result, Response):
        return answers.from_response(ran.result, ran.streamed)
    return answers.reply(json_text(ran.result), 200)


def _close(arguments: Mapping[str, Any]) -> None:
    """Give back the files that a request brought."""
    for value in arguments.values():
        if isinstance(value, AMLRequest):
            value.close()


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
