"""The exceptions of the retired SDK, and the packager's errors as those."""

import importlib

from packager import errors


class AzureMLException(Exception):
    """Anything that the retired SDK raised on purpose."""

    def __init__(self, exception_message: str = "", *args: object, **kwargs: object) -> None:
        """The other arguments of the retired classes are taken and mean nothing."""
        super().__init__(exception_message)
        self.message = exception_message


class WebserviceException(AzureMLException):
    """Models, packages and services: whatever was wrong with them."""

    def __init__(self, exception_message: str = "", status_code: int | None = None, **kwargs: object) -> None:
        super().__init__(exception_message)
        self.status_code = status_code


class UserErrorException(AzureMLException):
    """An argument or a file of the user cannot be used."""


class ModelNotFoundException(AzureMLException):
    """There is no such model."""


class ModelPathNotFoundException(AzureMLException):
    """There is no such model file."""


class AuthenticationException(AzureMLException):
    """Nobody could sign in; never raised here."""


class ComputeTargetException(AzureMLException):
    """A compute target cannot be used; never raised here."""


class ProjectSystemException(AzureMLException):
    """A workspace or project cannot be used."""


class RunConfigurationException(AzureMLException):
    """A run's configuration cannot be used; never raised here."""


class RunEnvironmentException(AzureMLException):
    """There is no run; never raised here."""


class WorkspaceException(AzureMLException):
    """A workspace cannot be used."""


class _AsWritten(Exception):
    """Keeps the packager's texts as they are, whatever the retired classes make of theirs."""

    # Without slots of its own it has the layout of Exception, whose place it takes.
    __slots__ = ()
    status_code: int | None = None

    def __init__(self, *args: object) -> None:
        Exception.__init__(self, *args)

    def __str__(self) -> str:
        return Exception.__str__(self)

    @property
    def message(self) -> str:
        return str(self)


def adopt() -> None:
    """Make the packager's errors those of azureml.exceptions, of the installed one if there is one.

    Code that was written for the retired SDK catches by those names. Only the bases of our classes change, so other
    code sees no difference; a second time does nothing.
    """
    theirs = importlib.import_module("azureml.exceptions")
    if issubclass(errors.PackagerError, theirs.WebserviceException):
        return
    _give_bases(errors.PackagerError, _AsWritten, theirs.WebserviceException)
    _give_bases(errors.ModelNotFound, errors.PackagerError, theirs.ModelNotFoundException)
    for error in (errors.InvalidEntryScript, errors.InvalidEnvironment, errors.InvalidPackageRequest):
        _give_bases(error, errors.PackagerError, theirs.UserErrorException)


def _give_bases(error: type, *bases: type) -> None:
    error.__bases__ = bases
