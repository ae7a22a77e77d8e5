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
├── ImageRegistryError
│   ├── AccessRefused
│   ├── NotInRegistry
│   └── RegistryUnreachable
├── StagingError
├── BuildFailed
│   ├── EngineUnavailable
│   └── CacheUnavailable
├── InvalidImage
│   └── DamagedBlob
├── ProofFailed
├── SignatureRefused
└── PublishFailed
"""

from pathlib import Path
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


class ImageRegistryError(PackagerError):
    """A container registry did not do what it was asked for; names registry, repository and what was asked."""

    exit_code: ClassVar[int] = 6


class AccessRefused(ImageRegistryError):
    """A container registry wants other credentials, more rights, or fewer requests (401, 403, 429)."""


class NotInRegistry(ImageRegistryError):
    """A container registry has no such repository, tag, manifest or blob (404)."""


class RegistryUnreachable(ImageRegistryError):
    """A container registry cannot be reached, drops connections, or shows a certificate that is not trusted."""


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


class CacheUnavailable(BuildFailed):
    """A folder that a build writes to (the cache, TMPDIR, an archive's) is full, or is somebody else's."""

    exit_code: ClassVar[int] = 6


class InvalidImage(PackagerError):
    """An image cannot be read, or a part of it is not what its digest says."""

    exit_code: ClassVar[int] = 4


class DamagedBlob(InvalidImage):
    """A blob of a layout has other bytes than its digest says; `file` is where it lies."""

    def __init__(self, message: str, *, file: Path) -> None:
        super().__init__(message)
        self.file = file


class ProofFailed(PackagerError):
    """What was staged does not answer as it should; the user's own traceback comes first, here and in the log."""

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, log: str = "") -> None:
        super().__init__(message)
        self.log = log


class SignatureRefused(PackagerError):
    """An image is not signed, or not by the key that was given, or the signature is of another image."""

    exit_code: ClassVar[int] = 3


class PublishFailed(PackagerError):
    """The registry refused the image or cannot be reached."""

    exit_code: ClassVar[int] = 6
