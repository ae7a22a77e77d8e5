"""Names of the retired SDK that may be imported but not used: each use raises the reason."""

from collections.abc import Callable
from typing import Any, Never

from packager.errors import InvalidPackageRequest

COMPUTE = "there is no compute to create or attach: package() makes an image, which runs wherever containers do"
TRAINING = (
    "the packager does not train: run the training script itself, and register what it made with Model.register()"
)
PIPELINES = "there are no pipelines: a blob trigger answers each file that arrives"
WIDGETS = "there are no runs to show"
DATA = "there are no datasets and datastores: read and write files, or use azure.storage.blob"


class _Refused(type):
    """The type of a name that is there for its import alone."""

    reason: str

    def __call__(cls, *args: object, **kwargs: object) -> Never:
        raise InvalidPackageRequest(f"{cls.__name__} is not supported: {cls.reason}.")

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise InvalidPackageRequest(f"{cls.__name__}.{name} is not supported: {cls.reason}.")


def refused_below(reason: str) -> Callable[[str], type]:
    """A module's __getattr__ that makes such a class of every name."""

    def name_of_module(name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return refused(name, reason)()

    return name_of_module


def refused(name: str, reason: str) -> Callable[[], type]:
    """Makes a class of that name that cannot be used, for that reason."""
    return lambda: _Refused(name, (), {"reason": reason})


class AnyAuthentication:
    """Stands for every way to sign in: nothing here asks who you are."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Takes whatever it is given, and keeps none of it."""
