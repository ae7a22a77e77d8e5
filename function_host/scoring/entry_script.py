"""A scoring script: imported once, init() once, run() per event."""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from function_host.scoring.azureml_shim import is_raw_http
from function_host.scoring.errors import EntryScriptError

HEADERS_ARGUMENT = "request_headers"


class EntryScript:
    """The `init` and `run` of one file. Everything here runs on the script's thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._init: Callable[[], object] | None = None
        self._run: Callable[..., Any] | None = None
        self._failure: EntryScriptError | None = None
        self.is_raw = False
        """Does run() take the request itself? It does when it is decorated with @rawhttp."""
        self._takes_headers = False

    @property
    def is_started(self) -> bool:
        """Has init() returned?"""
        return self._run is not None

    def start(self) -> None:
        """Import the script and call init(), both once; raises EntryScriptError, again on every later call."""
        if self._failure is not None:
            raise self._failure
        if self.is_started:
            return
        try:
            module = self._import()
            init, run = self._function(module, "init"), self._function(module, "run")
            self.is_raw = is_raw_http(run)
            self._takes_headers = HEADERS_ARGUMENT in self._parameters(run)
            self._call_init(init)
            self._run = run
        except EntryScriptError as error:
            self._failure = error
            raise

    def run(self, argument: object, headers: Callable[[], dict[str, str]]) -> Any:
        """Give `argument` to the script; raises what it raised. `headers` is asked only if it wants them."""
        self.start()
        assert self._run is not None  # noqa: S101 because start() has set it, and the type checker cannot know
        if self._takes_headers:
            return self._run(argument, **{HEADERS_ARGUMENT: headers()})
        return self._run(argument)

    def _import(self) -> ModuleType:
        if not self._path.is_file():
            raise EntryScriptError(f"The entry script {self._path} does not exist.")
        spec = importlib.util.spec_from_file_location(self._path.stem, self._path)
        if spec is None or spec.loader is None:
            raise EntryScriptError(f"The entry script {self._path} is not a Python file.")
        module = importlib.util.module_from_spec(spec)
        # Pickles of classes that the script defines look their module up by this name.
        sys.modules[spec.name] = module
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

    def _parameters(self, run: Callable[..., Any]) -> list[str]:
        parameters = inspect.signature(run).parameters
        if not [name for name in parameters if name != HEADERS_ARGUMENT]:
            raise EntryScriptError(f"run() in {self._path} takes no argument; it needs one for the data.")
        return list(parameters)

    def _call_init(self, init: Callable[..., Any]) -> None:
        try:
            init()
        except BaseException as error:  # because a script that ends the interpreter is a broken script
            raise EntryScriptError(f"init() in {self._path} failed: {_said(error)}") from error


def _said(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
