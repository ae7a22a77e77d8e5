"""Errors of the packager package.

PackagerError
├── InvalidPackageRequest
├── InvalidEntryScript
├── InvalidEnvironment
│   └── UnresolvedRequirement
├── InvalidModel
│   └── ModelChanged
├── ModelNotFound
├── RegistryUnavailable
├── StagingError
├── BuildFailed
│   └── EngineUnavailable
└── PublishFailed
"""

from typing import ClassVar


class PackagerError(Exception):
    """Anything that keeps a model package from being made; `exit_code` is what the command line ends with."""

    exit_code: ClassVar[int] = 1


class InvalidPackageRequest(PackagerError):
    """An argument of package() cannot be used; nothing was built."""

    exit_code: ClassVar[int] = 3


class InvalidEntryScript(PackagerError):
    """The entry script does not parse or lacks init() or run(); the user's own traceback comes first."""

    exit_code: ClassVar[int] = 5


class InvalidEnvironment(PackagerError):
    """A requirements or conda file cannot be read, or names something that pip cannot install."""

    exit_code: ClassVar[int] = 3


class UnresolvedRequirement(InvalidEnvironment):
    """A requirement has no version or no wheel for the image; says which, and which package wants it."""


class InvalidModel(PackagerError):
    """A model's name, path or version cannot be used."""

    exit_code: ClassVar[int] = 3


class ModelChanged(InvalidModel):
    """A registered model's file is not the one that was registered any more; says which, expected and found."""


class ModelNotFound(PackagerError):
    """There is no such model or no such version of it."""

    exit_code: ClassVar[int] = 3


class RegistryUnavailable(PackagerError):
    """A model registry cannot be reached, or cannot be written."""

    exit_code: ClassVar[int] = 6


class StagingError(PackagerError):
    """The build context cannot be written where it was asked for."""

    exit_code: ClassVar[int] = 3


class BuildFailed(PackagerError):
    """The image could not be built; carries the end of the build's log."""

    exit_code: ClassVar[int] = 4

    def __init__(self, message: str, *, log: str = "") -> None:
        super().__init__(message)
        self.log = log


class EngineUnavailable(BuildFailed):
    """No Docker Engine answers."""

    exit_code: ClassVar[int] = 6


class PublishFailed(PackagerError):
    """The registry refused the image or cannot be reached."""

    exit_code: ClassVar[int] = 6
