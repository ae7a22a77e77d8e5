"""A scoring script: imported once, init() once, run() per event."""

import importlib.util
import inspect
import logging
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from function_host.scoring.aml_http import raw_http_uses
from function_host.scoring.errors import EntryScriptError
from function_host.scoring.inputs import Input, TextInput, forget_schemas, has_schema, input_of
from function_host.scoring.model_path import model_listing

_log = logging.getLogger("Scoring")

HEADERS_ARGUMENT = "request_headers"
_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def _nothing() -> None:
    pass


class EntryScript:
    """The `init` and `run` of one file. Everything here runs on the script's thread."""

    def __init__(self, path: Path, before: Callable[[], None] = _nothing) -> None:
        """`before` is called before the file is imported; it may raise EntryScriptError."""
        self._path = path
        self._before = before
        self._init: Callable[[], object] | None = None
        self._run: Callable[..., Any] | None = None
        self._failure: EntryScriptError | None = None
        self.input: Input = TextInput("data")
        """What run() takes; known once the script has started."""
        self._takes_headers = False
        self.started_in: tuple[float, float] | None = None
        """Seconds of the import and of init(), once the script has started."""

    @property
    def is_started(self) -> bool:
        """Has init() returned?"""
        return self._run is not None

    @property
    def function(self) -> Callable[..., Any]:
        """run() itself; raises EntryScriptError when the script cannot start."""
        self.start()
        assert self._run is not None  # noqa: S101 because start() has set it, and the type checker cannot know
        return self._run

    def start(self) -> None:
        """Import the script and call init(), both once; raises EntryScriptError, again on every later call."""
        if self._failure is not None:
            raise self._failure
        if self.is_started:
            return
        try:
            self._before()
            uses = raw_http_uses()
            begun = time.perf_counter()
            module = self._import()
            imported = time.perf_counter()
            init, run = self._function(module, "init"), self._function(_with_run(module), "run")
            self._analyze(run, is_raw=raw_http_uses() > uses)
            self._call_init(init)
            self.started_in = imported - begun, time.perf_counter() - imported
            self._run = run
        except EntryScriptError as error:
            self._failure = error
            raise

    def run(self, arguments: Mapping[str, Any], headers: Callable[[], dict[str, str]]) -> Any:
        """Call the script; raises what it raised. `headers` is asked only if it wants them."""
        run = self._run or self.function
        if self._takes_headers:
            return run(**arguments, **{HEADERS_ARGUMENT: headers()})
        return run(**arguments)

    def _import(self) -> ModuleType:
        if not self._path.is_file():
            raise EntryScriptError(f"The entry script {self._path} does not exist.")
        spec = importlib.util.spec_from_file_location(self._path.stem, self._path)
        if spec is None or spec.loader is None:
            raise EntryScriptError(f"The entry script {self._path} is not a Python file.")
        module = importlib.util.module_from_spec(spec)
        # Pickles of classes that the script defines look their module up by this name.
        sys.modules[spec.name] = module
        forget_schemas(spec.name)
        try:
            spec.loader.exec_module(module)
        except BaseException as error:  # because a script that ends the interpreter is a broken script
            raise EntryScriptError(f"The entry script {self._path} could not be imported: {_said(error)}") from error
        return module

    def _function(self, module: ModuleType, name: str) -> Callable[..., Any]:
        function = getattr(module, name, None)
        if not callable(function):
            raise EntryScriptError(
                f"The entry script {self._path} has no function {name}(); it needs init() and run(data)."
            )
        return function  # type: ignore[no-any-return]  # because a module's attributes are Any

    def _analyze(self, run: Callable[..., Any], *, is_raw: bool) -> None:
        parameters = inspect.signature(run).parameters
        self._takes_headers = HEADERS_ARGUMENT in parameters
        for each in parameters.values():
            if each.kind not in _KINDS:
                raise EntryScriptError(
                    f"run() in {self._path} has the parameter '{each}'; it cannot accept positional-only arguments, "
                    "*args, or **kwargs, so give each parameter a name."
                )
        data = [each for name, each in parameters.items() if name != HEADERS_ARGUMENT]
        if not data:
            raise EntryScriptError(f"run() in {self._path} takes no argument; it needs one for the data.")
        if is_raw and has_schema(run):
            raise EntryScriptError(
                f"run() in {self._path} cannot be decorated with both @rawhttp and @input_schema; keep one of them."
            )
        self.input = input_of(run, data, is_raw=is_raw)

    def _call_init(self, init: Callable[..., Any]) -> None:
        try:
            init()
        except BaseException as error:  # because a script that ends the interpreter is a broken script
            _log.error("%s", model_listing())
            raise EntryScriptError(f"init() in {self._path} failed: {_said(error)}") from error


def _with_run(module: ModuleType) -> ModuleType:
    """Scripts that a tool put around a scientist's own keep that one as `driver_module`; its run() has the schema."""
    driven = getattr(module, "driver_module", None)
    return driven if isinstance(driven, ModuleType) and hasattr(driven, "run") else module


def _said(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
