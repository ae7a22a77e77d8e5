"""The Executor: bind, call user code, write its outputs, and tell what happened."""

import asyncio
import contextlib
import contextvars
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import azure.functions as func

from function_host.binding import Decode, Encode, decoder, encoder, has_implicit_output, is_http
from function_host.errors import FunctionError, FunctionTimeout
from function_host.functions import RETURN, Function
from function_host.http_v2 import answer_app, wants_starlette
from function_host.invocation import InvocationContext, RetryContext, TraceContext
from function_host.telemetry.context import current_invocation
from function_host.telemetry.tracebacks import users_part
from function_host.threads import FunctionThreads
from triggers.asgi import ASGIApp, Receive, Scope, Send
from triggers.binding_data import request_values
from triggers.contract import Binding, Event, FunctionResult, InputReader, OutputWriter
from triggers.errors import SourceUnavailable, is_unavailable
from triggers.http_body import SpooledBody

ReaderFactory = Callable[[Binding], InputReader]
_FOR_THE_INTERPRETER = (SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, StopIteration)

WriterFactory = Callable[[Binding], OutputWriter]


class Dispatcher:
    """Runs one function; is the Executor of its listener."""

    def __init__(
        self,
        function: Function,
        *,
        root: Path,
        threads: FunctionThreads,
        open_reader: ReaderFactory,
        open_writer: WriterFactory,
        timeout: timedelta | None = None,
    ) -> None:
        self.function = self._function = function
        self._timeout = timeout.total_seconds() if timeout else None
        self._directory = function.directory or str(root)
        self._threads = threads
        self._stopping = asyncio.Event()
        self._running: set[str] = set()
        self._log = logging.getLogger(f"Function.{function.name}")
        self._decode = decoder(function.trigger, function.hints.get(function.trigger.name))
        self._speaks_starlette = wants_starlette(function.hints.get(function.trigger.name))
        self._may_return = any(has_implicit_output(b) for b in (function.trigger, *function.inputs, *function.outputs))
        self._is_http = function.trigger.type.lower() == "httptrigger"
        self._answers = function.returns is not None and is_http(function.returns)
        self._answer_out = next((o.name for o in function.outputs if is_http(o) and o.name != RETURN), None)
        self._outputs: Sequence[tuple[str, Encode, OutputWriter]] = [
            (output.name, encoder(output, function.name), open_writer(output))
            for output in function.outputs
            if not is_http(output)
        ]

        self._inputs: Sequence[tuple[str, Decode, InputReader]] = [
            (source.name, decoder(source, function.hints.get(source.name)), open_reader(source))
            for source in function.inputs
        ]

    @property
    def running(self) -> Sequence[str]:
        """The ids of the events that the function runs for now."""
        return sorted(self._running)

    async def execute(self, event: Event) -> FunctionResult:
        """Run the function for `event`; a failure is logged with its traceback and returned, never raised."""
        self._running.add(event.id)
        try:
            return await self._execute(event)
        finally:
            self._running.discard(event.id)

    async def _execute(self, event: Event) -> FunctionResult:
        started = time.perf_counter()
        try:
            value = await (self.invoke(event) if self._function.retry is None else self._invoke_with_retries(event))
        except Exception as error:  # because whatever user code raises is a result
            self._tell(f"Failed (Id={event.id}, attempt {event.attempt})", error, level=logging.ERROR)
            return FunctionResult(error=error)
        finally:
            # A request's body lives until its answer was sent.
            if not self._is_http:
                _close(event.data)
        level = logging.DEBUG if self._is_http else logging.INFO
        if self._log.isEnabledFor(level):
            milliseconds = (time.perf_counter() - started) * 1000
            self._log.log(level, "Executed %s (Id=%s, %.0f ms)", self._cause(event), event.id, milliseconds)
        return FunctionResult(value=value)

    async def invoke(self, event: Event, *, retries: int = 0) -> object:
        """Run the function for `event` and write its outputs; raises what user code raised."""
        with contextlib.ExitStack() as spools:
            return await self._invoke(event, retries, spools)

    async def _invoke(self, event: Event, retries: int, spools: contextlib.ExitStack) -> object:
        names = [name for name, _, _ in self._outputs] + ([self._answer_out] if self._answer_out else [])
        outs = {name: func_out() for name in names if name != RETURN}
        values = self._values(event)
        arguments = {
            self._function.trigger.name: self._decode(event),
            **await self._read(event, values, spools),
            **outs,
            **self._context(event, retries),
        }
        label = f"{self._function.name}/{event.id}"
        token = current_invocation.set(label)
        try:
            value = await self._in_time(self._call(arguments))
            if not self._answers:
                self._check_return(value)
            await self._write({RETURN: value, **{name: out.get() for name, out in outs.items()}}, values)
        finally:
            current_invocation.reset(token)
        if self._speaks_starlette and not isinstance(value, func.HttpResponse):
            return _within(label, answer_app(value))
        return value if self._answer_out is None else outs[self._answer_out].get() or func.HttpResponse(status_code=204)

    async def open(self) -> None:
        """Make what the output writers need; what cannot be reached now is made by the first write."""
        await asyncio.gather(*(self._open(name, writer) for name, _, writer in self._outputs))

    def stop_retries(self) -> None:
        """Let what fails from now on fail for good: another attempt would hold up a host that stops."""
        self._stopping.set()

    async def close(self) -> None:
        """Release readers and writers."""
        for _, _, reader in self._inputs:
            await reader.close()
        for _, _, writer in self._outputs:
            await writer.close()

    async def _open(self, name: str, writer: OutputWriter) -> None:
        try:
            await writer.open()
        except SourceUnavailable as error:
            self._log.warning("The output %r is out of reach for now: %s", name, error)

    async def _invoke_with_retries(self, event: Event) -> object:
        policy = self._function.retry
        retries = 0
        while True:
            try:
                return await self.invoke(event, retries=retries)
            except Exception as error:
                if policy is None or self._is_http or not policy.allows(retries):
                    raise
                retries += 1
                pause = policy.pause(retries)
                what = f"Failed (Id={event.id}); retry {retries} follows in {pause:.1f} s"
                self._tell(what, error, level=logging.WARNING)
                if await self._stops_within(pause):
                    raise

    def _tell(self, what: str, error: Exception, *, level: int) -> None:
        """With the traceback, unless storage is away: that fails every run, and no traceback says where."""
        if is_unavailable(error):
            self._log.log(level, "%s: %s: %s", what, type(error).__name__, error)
        else:
            self._log.log(level, "%s", what, exc_info=users_part(error))

    async def _stops_within(self, pause: float) -> bool:
        try:
            async with asyncio.timeout(pause):
                await self._stopping.wait()
        except TimeoutError:
            return False
        return True

    async def _call(self, arguments: Mapping[str, object]) -> object:
        try:
            if self._function.is_async:
                return await self._function.call(**arguments)
            run = partial(contextvars.copy_context().run, partial(_outcome, self._function.call, arguments))
            value, error = await self._threads.run(run)
            if error is not None:
                raise error
        except _FOR_THE_INTERPRETER as error:
            if _is_cancelled():
                raise
            raise FunctionError(f"Function {self._function.name!r} raised {type(error).__name__}.") from error
        return value

    def _values(self, event: Event) -> Mapping[str, object]:
        """What the expressions of this function's bindings are filled from."""
        if self._is_http and (self._inputs or self._outputs):
            return request_values(event.metadata, event.data)
        return event.metadata

    async def _read(
        self, event: Event, values: Mapping[str, object], spools: contextlib.ExitStack
    ) -> Mapping[str, object]:
        arguments: dict[str, object] = {}
        for name, decode, reader in self._inputs:
            data = await reader.read(values)
            # A streamed answer may still read it when the function has returned.
            if not self._speaks_starlette:
                spools.callback(_close, data)
            arguments[name] = decode(Event(id=event.id, data=data))
        return arguments

    async def _write(self, values: Mapping[str, object], metadata: Mapping[str, object]) -> None:
        for name, encode, writer in self._outputs:
            if values[name] is not None:
                await writer.write(encode(values[name]), metadata)

    async def _in_time(self, call: Awaitable[object]) -> object:
        """A function's thread cannot be stopped: it goes on in vain, but nobody waits for it any more."""
        try:
            async with asyncio.timeout(self._timeout) as limit:
                return await call
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise FunctionTimeout(f"Function {self._function.name!r} ran longer than {self._timeout:g} s.") from error

    def _check_return(self, value: object) -> None:
        if value is not None and self._function.returns is None and not self._may_return:
            raise FunctionError(
                f"Function {self._function.name!r} returned a {type(value).__name__}, "
                "but has no $return binding to put it in."
            )

    def _context(self, event: Event, retries: int) -> Mapping[str, object]:
        if not self._function.takes_context:
            return {}
        context = InvocationContext(
            invocation_id=event.id,
            function_name=self._function.name,
            function_directory=self._directory,
            trace_context=TraceContext(trace_parent=event.traceparent or ""),
            retry_context=RetryContext(
                retry_count=retries or event.attempt - 1,
                max_retry_count=self._function.retry.max_retries if self._function.retry else 0,
            ),
        )
        return {"context": context}

    def _cause(self, event: Event) -> object:
        return event.metadata.get("BlobTrigger", self._function.trigger.type)


def _outcome(call: Callable[..., object], arguments: Mapping[str, object]) -> tuple[object, BaseException | None]:
    """As a value: some exceptions, StopIteration among them, cannot travel from one thread to another as such."""
    try:
        return call(**arguments), None
    except BaseException as error:  # because the caller raises it again
        return None, error


def _close(data: object) -> None:
    if isinstance(data, SpooledBody):
        data.close()


def _within(label: str, answer: ASGIApp) -> ASGIApp:
    """`answer`, which runs code of the user's while it streams, as a part of that invocation."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        token = current_invocation.set(label)
        try:
            await answer(scope, receive, send)
        finally:
            current_invocation.reset(token)

    return app


def _is_cancelled() -> bool:
    """Is it the host that ends this invocation, rather than user code that pretends so?"""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def func_out() -> "func.Out[object]":
    """A fresh `azure.functions.Out` to collect one output value."""
    return _Out()


class _Out(func.Out[object]):
    def __init__(self) -> None:
        self._value: object = None

    def set(self, val: object) -> None:
        self._value = val

    def get(self) -> object:
        return self._value
