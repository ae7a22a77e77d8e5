import asyncio
import logging
import threading
from datetime import timedelta
from pathlib import Path

import azure.functions as func
import pytest

from function_host.dispatcher import Dispatcher
from function_host.errors import FunctionError
from function_host.loader import load_decorated
from function_host.telemetry.context import current_invocation
from function_host.threads import FunctionThreads
from triggers.contract import Event
from triggers.errors import SourceUnavailable


class Written:
    """An OutputWriter that remembers."""

    def __init__(self) -> None:
        self.values: list[tuple[str, object, object]] = []
        self.opened = self.closed = 0
        self.unreachable = False
        self.meet = None

    def no_reader(self, binding):
        raise AssertionError(f"{binding} is no input")

    def open(self, binding):
        parent = self

        class Writer:
            async def open(self):
                parent.opened += 1
                if parent.meet:
                    await parent.meet()
                if parent.unreachable:
                    raise SourceUnavailable("No way.")

            async def write(self, value, metadata):
                parent.values.append((binding.name, value, metadata))

            async def close(self):
                parent.closed += 1

        return Writer()


@pytest.fixture
def written():
    return Written()


@pytest.fixture
def dispatcher(written):
    threads = FunctionThreads(2)

    def make(app, timeout: timedelta | None = None) -> Dispatcher:
        (function,) = load_decorated(app, Path("function_app.py")).functions
        return Dispatcher(
            function, root=Path("/app"), threads=threads, open_reader=written.no_reader, open_writer=written.open,
            timeout=timeout,
        )  # fmt: skip

    yield make
    threads.close()


def _blob_app(function, *, out: str | None = "$return"):
    app = func.FunctionApp()
    decorated = app.blob_trigger(arg_name="blob", path="in/{n}", connection="C")(function)
    if out:
        app.blob_output(arg_name=out, path="out/{n}", connection="C")(decorated)
    return app


EVENT = Event(id="7", data=b"data", metadata={"n": "a"}, attempt=3)


async def test_the_return_value_is_written_with_the_events_metadata(dispatcher, written):
    async def f(blob: bytes) -> bytes:
        return blob.upper()

    result = await dispatcher(_blob_app(f)).execute(EVENT)
    assert result.succeeded
    assert written.values == [("$return", b"DATA", {"n": "a"})]


async def test_sync_functions_run_off_the_event_loops_thread(dispatcher):
    seen = []

    def f(blob: bytes) -> bytes:
        seen.append((threading.current_thread(), current_invocation.get()))
        return b""

    await dispatcher(_blob_app(f)).execute(EVENT)
    assert seen[0][0] is not threading.current_thread()
    assert seen[0][1] == "f/7"


async def test_an_out_argument_is_written_only_when_it_was_set(dispatcher, written):
    async def f(blob: bytes, out: func.Out[str], context) -> None:
        if context.retry_context.retry_count == 2:
            out.set(f"{context.function_name} {context.invocation_id}")

    run = dispatcher(_blob_app(f, out="out"))
    await run.execute(EVENT)
    await run.execute(Event(id="8", data=b""))
    assert written.values == [("out", "f 7", {"n": "a"})]


async def test_a_failure_is_a_value_with_its_traceback_in_the_log_and_nothing_is_written(dispatcher, written, caplog):
    async def f(blob: bytes, out: func.Out[str]) -> None:
        out.set("half")
        raise KeyError("lost")

    with caplog.at_level(logging.ERROR):
        result = await dispatcher(_blob_app(f, out="out")).execute(EVENT)
    assert isinstance(result.error, KeyError)
    assert written.values == []
    assert "KeyError: 'lost'" in caplog.text
    assert "attempt 3" in caplog.text


async def test_an_outage_of_storage_is_one_line_in_the_log(dispatcher, caplog):
    async def f(blob: bytes) -> None:
        raise RuntimeError("not written") from SourceUnavailable("The account is away.")

    with caplog.at_level(logging.ERROR):
        result = await dispatcher(_blob_app(f, out=None)).execute(EVENT)
    assert not result.succeeded
    (record,) = caplog.records
    assert record.exc_info is None
    assert record.getMessage() == "Failed (Id=7, attempt 3): RuntimeError: not written"


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, asyncio.CancelledError, StopIteration, GeneratorExit])
async def test_what_is_meant_for_the_interpreter_fails_the_event_alone(dispatcher, kind):
    def f(blob: bytes) -> bytes:
        raise kind

    async def g(blob: bytes) -> bytes:
        raise kind

    for function in (f, g):
        error = (await dispatcher(_blob_app(function)).execute(EVENT)).error
        assert isinstance(error, FunctionError | RuntimeError)
        assert isinstance(error.__cause__, kind)


async def test_the_host_may_cancel_an_invocation(dispatcher):
    async def f(blob: bytes) -> bytes:
        await asyncio.sleep(10)
        return b""

    running = asyncio.create_task(dispatcher(_blob_app(f)).execute(EVENT))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_return_value_without_a_return_binding_fails(dispatcher):
    async def f(blob: bytes):
        return b"where to?"

    result = await dispatcher(_blob_app(f, out=None)).execute(EVENT)
    assert isinstance(result.error, FunctionError)


async def test_a_failing_writer_fails_the_event(dispatcher, written):
    async def f(blob: bytes) -> dict:
        return {"not": "bytes"}

    assert not (await dispatcher(_blob_app(f)).execute(EVENT)).succeeded


@pytest.mark.parametrize("unreachable", [True, False])
async def test_writers_are_opened_and_one_out_of_reach_stops_nothing(dispatcher, written, caplog, unreachable):
    async def f(blob: bytes) -> bytes:
        return b""

    written.unreachable = unreachable
    await dispatcher(_blob_app(f)).open()
    assert written.opened == 1
    assert ("out of reach for now: No way." in caplog.text) is unreachable


async def test_writers_are_closed(dispatcher, written):
    async def f(blob: bytes) -> bytes:
        return b""

    await dispatcher(_blob_app(f)).close()
    assert written.closed == 1


async def test_invoke_raises_what_user_code_raised(dispatcher):
    async def f(blob: bytes) -> bytes:
        raise KeyError("lost")

    with pytest.raises(KeyError):
        await dispatcher(_blob_app(f)).invoke(EVENT)


async def test_a_host_that_stops_does_not_wait_for_another_attempt(dispatcher):
    app = func.FunctionApp()

    @app.queue_trigger(arg_name="m", queue_name="q", connection="C")
    @app.retry(strategy="fixed_delay", max_retry_count="-1", delay_interval="00:10:00")
    async def f(m: func.QueueMessage) -> None:
        tried.set()
        raise ValueError("again")

    tried = asyncio.Event()
    one = dispatcher(app)
    running = asyncio.create_task(one.execute(Event(id="7", data="m")))
    await tried.wait()
    assert one.running == ["7"]
    one.stop_retries()
    result = await asyncio.wait_for(running, 5)
    assert "again" in str(result.error)
    assert one.running == []


async def test_outputs_are_opened_together(dispatcher, written):
    both = asyncio.Barrier(2)
    app = func.FunctionApp()

    @app.queue_trigger(arg_name="m", queue_name="q", connection="C")
    @app.blob_output(arg_name="a", path="out/a", connection="C")
    @app.blob_output(arg_name="b", path="out/b", connection="C")
    async def f(m: func.QueueMessage, a: func.Out[str], b: func.Out[str]) -> None: ...

    written.meet = both.wait
    await asyncio.wait_for(dispatcher(app).open(), 5)
    assert written.opened == 2


async def test_code_that_runs_while_an_answer_is_streamed_belongs_to_the_invocation(dispatcher):
    from starlette.requests import Request
    from starlette.responses import StreamingResponse

    app = func.FunctionApp()
    seen = []

    @app.route(route="s")
    async def f(req: Request) -> StreamingResponse:
        async def chunks():
            seen.append(current_invocation.get())
            yield "x"

        return StreamingResponse(chunks())

    metadata = {"url": "http://h/s", "method": "GET", "headers": {}, "params": {}, "route_params": {}}
    result = await dispatcher(app).execute(Event(id="7", data=b"", metadata=metadata))

    async def send(message) -> None: ...

    async def receive():
        await asyncio.Event().wait()

    await result.value({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
    assert seen == ["f/7"]
    assert current_invocation.get() == ""
