"""From a folder to the functions of the app in it, in either programming model, and what is wrong with the others."""

import importlib.util
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func

import triggers
from function_host.errors import AppLoadError, AppNotFound, DuplicateFunction, ReservedModuleName
from function_host.function_json import FILE, function_folders, load_function_json
from function_host.functions import Function, make_binding, make_function
from function_host.retry import read_retry
from function_host.telemetry.logs import keep_own_loggers
from triggers.declared import declared_functions

_log = logging.getLogger("Host.Loader")

SCRIPT_SETTING = "PYTHON_SCRIPT_FILE_NAME"
_DEFAULT_SCRIPT = "function_app.py"
_SCRIPT_NAME = re.compile(r"^[a-zA-Z0-9_][a-zA-Z0-9_\-]*\.py\Z")
_RESERVED = (triggers.__name__, __name__.split(".", maxsplit=1)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedApp:
    """What was found in an app's folder."""

    functions: Sequence[Function]
    """Those that can run, by name."""
    failures: Mapping[str, AppLoadError]
    """Name -> what is wrong with the function; the others run."""
    app: object = None
    """The azure.functions app that they were declared on, if any."""


def load_app(root: Path, settings: Mapping[str, str]) -> LoadedApp:
    """The app in `root`, which becomes the working directory and is put on `sys.path`.

    Raises AppLoadError when nothing of the app can run; what user code raised while it was imported is its cause.
    """
    name = settings.get(SCRIPT_SETTING) or _DEFAULT_SCRIPT
    script = root / name
    folders = function_folders(root)
    if not _SCRIPT_NAME.match(name):
        raise AppLoadError(
            f"The app setting {SCRIPT_SETTING} is {name!r}; set it to the name of a Python file in the app's own "
            "folder, such as 'main.py', without folders."
        )
    if not script.is_file() and not folders:
        raise AppNotFound(
            f"There is no function app in {root}: neither {script.name} nor a folder with a function.json is there."
        )
    _refuse_reserved_names(root)
    _enter(root)
    if not script.is_file():
        return _load_each([(folder.name, partial(load_function_json, folder, settings)) for folder in folders])
    if folders:
        _log.warning("%s is there, so these folders are ignored: %s.", script.name, ", ".join(f.name for f in folders))
    return load_decorated(_only_app(_import(script)), script)


def _load_each(parts: Sequence[tuple[str, Callable[[], Function]]]) -> LoadedApp:
    functions: list[Function] = []
    failures: dict[str, AppLoadError] = {}
    for name, load in parts:
        try:
            function = load()
        except AppLoadError as error:
            failures[name] = error
        except Exception as error:  # because one function must not keep the others from running
            _log.exception("The '%s' function cannot be loaded for an unforeseen reason.", name)
            failures[name] = AppLoadError(f"Function {name!r} cannot be loaded: {type(error).__name__}: {error}.")
        else:
            functions.append(function)
    return LoadedApp(functions=sorted(functions, key=lambda f: f.name.lower()), failures=failures)


def load_decorated(app: Any, script: Path) -> LoadedApp:
    """The functions that were declared on `app`; raises AppLoadError when azure.functions refuses one of them."""
    try:
        found = declared_functions(app)
    except ValueError as error:
        kind = DuplicateFunction if "unique" in str(error) else AppLoadError
        raise kind(f"{script}: {error}") from error
    loaded = _load_each([(function.get_function_name(), partial(_from_azure, function)) for function in found])
    return replace(loaded, app=app)


def _from_azure(function: Any) -> Function:
    name = str(function.get_function_name())
    retry = function.get_settings_dict("retry_policy")
    return make_function(
        name,
        [make_binding(name, json.loads(raw)) for raw in function.get_raw_bindings()],
        function.get_user_function(),
        retry=read_retry(name, retry) if retry else None,
    )


def _refuse_reserved_names(root: Path) -> None:
    """What the app would import by such a name is the host's; a function's own folder is imported by a longer one."""
    for name in _RESERVED:
        module, folder = root / f"{name}.py", root / name
        has_code = not (folder / FILE).is_file() and any(folder.rglob("*.py"))
        if module.is_file() or has_code:
            raise ReservedModuleName(
                f"{folder if has_code else module} has the name of the host's own package {name!r}, so 'import {name}' "
                "would give the app the wrong one. Give it another name, here and where it is imported."
            )


def _enter(root: Path) -> None:
    for folder in (root, root / ".python_packages" / "lib" / "site-packages"):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    os.chdir(root)


def _import(script: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(script.stem, script)
    if spec is None or spec.loader is None:
        raise AppLoadError(f"{script} is not a Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[script.stem] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[script.stem]
        raise AppLoadError(f"{script} could not be imported: {type(error).__name__}: {error}") from error
    finally:
        keep_own_loggers()
    return module


def _only_app(module: ModuleType) -> func.FunctionRegister:
    """Microsoft's worker counts names, so an app bound to two names is refused here too."""
    apps = [value for value in vars(module).values() if isinstance(value, func.FunctionRegister)]
    if len(apps) != 1:
        found = "none" if not apps else f"{len(apps)} names that hold one"
        raise AppLoadError(f"{module.__file__} must hold exactly one function app at its top level; it has {found}.")
    return apps[0]
