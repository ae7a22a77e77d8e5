"""The first programming model: one folder per function with a function.json."""

import importlib
import importlib.machinery
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from function_host.errors import AppLoadError
from function_host.functions import Function, make_binding, make_function
from function_host.retry import read_retry
from function_host.telemetry.logs import keep_own_loggers
from triggers.contract import Binding
from triggers.json_file import read_json

FILE = "function.json"
_ROOT_PACKAGE = "__app__"
_DEFAULT_SCRIPT = "__init__.py"
_DEFAULT_ENTRY_POINT = "main"


def function_folders(root: Path) -> Sequence[Path]:
    """The folders of `root` that hold a function.json, by name."""
    return sorted(path.parent for path in root.glob(f"*/{FILE}"))


def load_function_json(folder: Path, settings: Mapping[str, str] | None = None) -> Function:
    """The function in `folder`, disabled when its file, or the setting it names there, says so; raises AppLoadError."""
    document = read_json(folder / FILE, AppLoadError)
    name = folder.name
    bindings = document.get("bindings")
    if not isinstance(bindings, list) or not bindings:
        raise AppLoadError(f"{folder / FILE}: at least one binding must be declared in $.bindings.")
    retry = document.get("retry")
    function = make_function(
        name,
        [_binding(folder, index, binding) for index, binding in enumerate(bindings)],
        _entry_point(folder, _script(folder, document), str(document.get("entryPoint") or _DEFAULT_ENTRY_POINT)),
        retry=read_retry(name, retry) if isinstance(retry, dict) else None,
        directory=str(folder),
    )
    return replace(function, is_disabled=_is_disabled(document.get("disabled"), settings or {}))


def _binding(folder: Path, index: int, raw: object) -> Binding:
    place = f"{folder / FILE}: $.bindings[{index}]"
    if not isinstance(raw, dict):
        raise AppLoadError(f"{place} must be an object, not {raw!r}.")
    for key in ("type", "name"):
        if not isinstance(raw.get(key), str) or not raw[key]:
            raise AppLoadError(f"{place}.{key} must be text that is not empty, not {raw.get(key)!r}.")
    return make_binding(folder.name, raw)


def _is_disabled(value: object, settings: Mapping[str, str]) -> bool:
    if isinstance(value, str):
        return settings.get(value.strip("%"), value).lower() in ("1", "true")
    return value is True


def _script(folder: Path, document: Mapping[str, object]) -> Path:
    """The given script file; else the only other file, run.*, or __init__.py."""
    given = document.get("scriptFile")
    if given:
        script = (folder / str(given)).resolve()
        if not script.is_file():
            raise AppLoadError(f"{folder / FILE}: the script file {given!r} of $.scriptFile does not exist.")
        if not script.is_relative_to(folder.parent.resolve()):
            raise AppLoadError(f"{folder / FILE}: the script file {given!r} of $.scriptFile is outside the app.")
        if script.suffix != ".py":
            raise AppLoadError(f"{folder / FILE}: the script file {given!r} of $.scriptFile is not a Python file.")
        return script
    if (folder / _DEFAULT_SCRIPT).is_file():
        return folder / _DEFAULT_SCRIPT
    others = [path for path in folder.glob("*.py") if path.is_file()]
    chosen = others if len(others) == 1 else [path for path in others if path.stem == "run"]
    if not chosen:
        raise AppLoadError(
            f"{folder} has no script: put the function into {_DEFAULT_SCRIPT}, or name it in scriptFile."
        )
    return chosen[0]


def _entry_point(folder: Path, script: Path, name: str) -> Callable[..., Any]:
    _make_root_package(folder.parent)
    parts = script.relative_to(folder.parent.resolve()).with_suffix("").parts
    module_name = ".".join((_ROOT_PACKAGE, *(part for part in parts if part != "__init__")))
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        raise AppLoadError(f"{script} could not be imported: {type(error).__name__}: {error}") from error
    finally:
        keep_own_loggers()
    call = getattr(module, name, None)
    if not callable(call):
        raise AppLoadError(f"{script} has no function {name!r}, the entry point of {folder.name!r}.")
    entry_point: Callable[..., Any] = call
    return entry_point


def _make_root_package(root: Path) -> None:
    """The package that function folders are imported from: `from __app__.shared import x` works, `..shared` too."""
    package = sys.modules.get(_ROOT_PACKAGE)
    if package is not None and list(package.__path__) == [str(root)]:
        return
    for name in [name for name in sys.modules if name.split(".")[0] == _ROOT_PACKAGE]:
        del sys.modules[name]
    package = types.ModuleType(_ROOT_PACKAGE)
    package.__path__ = [str(root)]
    package.__spec__ = importlib.machinery.ModuleSpec(_ROOT_PACKAGE, None, is_package=True)
    sys.modules[_ROOT_PACKAGE] = package
