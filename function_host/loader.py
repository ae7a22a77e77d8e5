"""From a folder to its imported function_app.py, the one app in it, and its functions."""

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import azure.functions as func

import triggers
from function_host.errors import AppLoadError, DuplicateFunction, ReservedModuleName
from function_host.functions import Function, all_from_azure

_RESERVED = (triggers.__name__, __name__.split(".", maxsplit=1)[0])


def load_functions(root: Path) -> Sequence[Function]:
    """The functions of the app in `root`, which becomes the working directory and is put on `sys.path`.

    Raises AppLoadError; what user code raised while it was imported is its cause.
    """
    script = root / "function_app.py"
    if not script.is_file():
        raise AppLoadError(f"There is no function app in {root}: {script.name} is missing.")
    _refuse_reserved_names(root)
    _enter(root)
    app = _only_app(_import(script))
    try:
        return all_from_azure(app)
    except ValueError as error:
        kind = DuplicateFunction if "unique" in str(error) else AppLoadError
        raise kind(f"{script}: {error}") from error


def _refuse_reserved_names(root: Path) -> None:
    for name in _RESERVED:
        for taken in (root / name, root / f"{name}.py"):
            if taken.exists():
                raise ReservedModuleName(
                    f"{taken} would hide the host's own package {name!r}; please give it another name."
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
    except Exception as error:
        del sys.modules[script.stem]
        raise AppLoadError(f"{script} could not be imported: {error}") from error
    return module


def _only_app(module: ModuleType) -> func.FunctionRegister:
    """Microsoft's worker counts names, so an app bound to two names is refused here too."""
    apps = [value for value in vars(module).values() if isinstance(value, func.FunctionRegister)]
    if len(apps) != 1:
        found = "none" if not apps else f"{len(apps)} names that hold one"
        raise AppLoadError(f"{module.__file__} must hold exactly one function app at its top level; it has {found}.")
    return apps[0]
