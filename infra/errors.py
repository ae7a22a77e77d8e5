"""Errors of the infra package.

InfraError
├── InvalidRunRequest
├── EmulatorUnavailable
├── HostFailed
├── NotRunning
├── InvocationFailed
├── NoSuchFailure
├── ProofImpossible
└── RunTimedOut
"""

from typing import ClassVar

from packager.errors import PackagerError


class InfraError(PackagerError):
    """Anything that is wrong with the place an app runs in."""

    exit_code: ClassVar[int] = 1


class InvalidRunRequest(InfraError):
    """The app folder, the storage kind or the event cannot be used as given."""

    exit_code: ClassVar[int] = 3


class EmulatorUnavailable(InfraError):
    """An emulator could not be installed or did not start."""

    exit_code: ClassVar[int] = 6


class HostFailed(InfraError):
    """The function host ended before it was ready, or by itself; carries its exit code, or -signal, and its output."""

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, returncode: int, output: str) -> None:
        super().__init__(message)
        self.returncode = returncode
        self.output = output


class NotRunning(InfraError):
    """There is no running app at that address or in that folder, or it refuses the key."""

    exit_code: ClassVar[int] = 6


class InvocationFailed(InfraError):
    """The function was reached and answered with an error."""

    exit_code: ClassVar[int] = 5


class NoSuchFailure(InfraError):
    """No function of the app gave up a blob of that name."""

    exit_code: ClassVar[int] = 3


class ProofImpossible(InfraError):
    """The app's packages cannot be had on this machine; says why, and where they can."""

    exit_code: ClassVar[int] = 6


class RunTimedOut(InfraError):
    """The host or the function did not answer in time."""

    exit_code: ClassVar[int] = 7
