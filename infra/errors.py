"""Errors of the infra package.

InfraError
├── InvalidRunRequest
├── EmulatorUnavailable
├── HostFailed
├── NotRunning
├── InvocationFailed
├── NoSuchFailure
├── ProofImpossible
├── RunTimedOut
├── UnknownTarget
├── InvalidDeployment
│   └── UnsupportedTrigger
├── PlatformUnavailable
│   └── DeploymentBusy
├── WebserviceFailed
└── ApplyFailed
    ├── NotPermitted
    └── NeverReady
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


class UnknownTarget(InfraError):
    """No target or platform has that name; lists those there are."""

    exit_code: ClassVar[int] = 3


class InvalidDeployment(InfraError):
    """The specification cannot be deployed: a name, a size, an option; names it, and what is allowed."""

    exit_code: ClassVar[int] = 3


class UnsupportedTrigger(InvalidDeployment):
    """The target cannot run that trigger."""


class PlatformUnavailable(InfraError):
    """The system that runs things cannot be reached, or does not know the caller."""

    exit_code: ClassVar[int] = 6


class DeploymentBusy(PlatformUnavailable):
    """Another process is changing the deployment; wait for its end."""


class WebserviceFailed(InfraError):
    """A web service is not there, is in no state for that call, or answered with an error, whose status it carries."""

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, status_code: int | None = None) -> None:
        super().__init__(message)
        self.status_code = status_code


class ApplyFailed(InfraError):
    """The platform refused a manifest or gave it up half way; names the manifest and what the platform said."""


class NotPermitted(ApplyFailed):
    """The caller may not do that; names the role that is missing."""

    exit_code: ClassVar[int] = 6


class NeverReady(ApplyFailed):
    """The app was started and never answered; carries its last lines. What ran before runs on."""

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, output: str) -> None:
        super().__init__(message)
        self.output = output
