"""What the host knows of itself: its state, its functions, and what is wrong with them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from function_host.functions import Function

STARTING, RUNNING, ERROR, STOPPING = "Starting", "Running", "Error", "Stopping"


@dataclass(slots=True, kw_only=True)
class HostStatus:
    """The one picture of the host that probes, the admin API and the command line read."""

    host_id: str
    functions: Sequence[Function] = ()
    failures: dict[str, str] = field(default_factory=dict)
    """Name -> what is wrong with the function; the others run."""
    disabled: frozenset[str] = frozenset()
    app_error: str = ""
    """Why nothing of the app can run; empty when something can."""
    is_unconfigured: bool = False
    """Is it host.json or the settings that cannot be used? Requests get 503 then, and 404 for a broken app."""
    state: str = STARTING
    started: float = field(default_factory=time.monotonic)

    @property
    def is_ready(self) -> bool:
        """Do all functions of the app take events?"""
        return self.state == RUNNING and not self.failures

    @property
    def errors(self) -> Sequence[str]:
        """Everything that is wrong, in sentences."""
        broken = [f"The '{name}' function is in error: {error}" for name, error in sorted(self.failures.items())]
        return [self.app_error, *broken] if self.app_error else broken

    @property
    def uptime(self) -> float:
        """Seconds since the host was made."""
        return time.monotonic() - self.started

    def find(self, name: str) -> Function | None:
        """The function called `name`, in any case."""
        return next((function for function in self.functions if function.name.lower() == name.lower()), None)


def disabled_functions(functions: Sequence[Function], settings: Mapping[str, str]) -> frozenset[str]:
    """The functions that their own function.json switches off, or one of the settings.

    Those are `AzureWebJobs.<name>.Disabled` and `AzureWebJobs_<name>_Disabled`.
    """
    known = {name.lower().replace("__", "."): value.lower() for name, value in settings.items()}
    return frozenset(function.name for function in functions if function.is_disabled) | frozenset(
        function.name
        for function in functions
        for key in (f"azurewebjobs.{function.name}.disabled", f"azurewebjobs_{function.name}_disabled")
        if known.get(key.lower()) in ("1", "true")
    )
