"""Finds a stand-in for a module of azureml that no other finder has found."""

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType

from packager.azureml.modules import is_package, names_in


class StandInFinder:
    """Comes last of all finders, so that whatever is installed is found before it is asked."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if names_in(name) is None:
            return None
        return ModuleSpec(name, _Loader(), is_package=is_package(name))


class _Loader(Loader):
    """Fills a stand-in with the names it has; the packager's modules are imported only then."""

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        names = names_in(module.__name__) or {}
        module.__doc__ = "A stand-in of the packager for a retired module."
        for name, value in names.items():
            setattr(module, name, imported(value) if isinstance(value, str) else value())
        # A module that makes its names when they are asked for has no list of them.
        if "__getattr__" not in names:
            vars(module)["__all__"] = [*names]


def imported(name: str) -> object:
    """The object called `package.module:name`."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def install() -> None:
    """Let missing azureml modules be found; a second time does nothing."""
    if StandInFinder not in sys.meta_path:
        sys.meta_path.append(StandInFinder)
