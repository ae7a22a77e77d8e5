"""How a container of a package starts: folders, environment, port, user and commands, for either of the two hosts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packager.errors import InvalidPackageRequest

ROOT = "/home/site/wwwroot"
SITE_PACKAGES = ".python_packages/lib/site-packages"
PYTHON = "/opt/venv/bin/python"
PORT = 8080
"""Where our host listens unless PORT or WEBSITES_PORT says otherwise."""
STOP_SIGNAL = "SIGTERM"
OWN_HOST = "functions"
AZURE_HOST = "azure_functions"

_AZURE_PORT = 80
_SECOND = 1_000_000_000
_HEALTH = (
    "import os, urllib.request as u; "
    f"p = os.environ.get('PORT') or os.environ.get('WEBSITES_PORT') or '{PORT}'; "
    "u.urlopen('http://127.0.0.1:' + p + '/admin/host/ping', timeout=4)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What an image's configuration says of its containers."""

    environment: Mapping[str, str]
    port: int
    user: str = ""
    """Numeric, so that an orchestrator sees that it is not root; '' for the base image's own."""
    command: Sequence[str] = ()
    """None for the base image's own."""
    health: Sequence[str] = ()
    """A command that ends well while the container is well."""

    def health_check(self) -> Mapping[str, object]:
        """In the words of Docker's image configuration; times in nanoseconds."""
        return {
            "Test": ["CMD", *self.health],
            "Interval": 30 * _SECOND,
            "Timeout": 5 * _SECOND,
            "StartPeriod": 60 * _SECOND,
            "Retries": 3,
        }


def container(host: str, variables: Mapping[str, str]) -> Container:
    """The container of a package with these settings; raises InvalidPackageRequest for a host that is not known."""
    common = {"AzureWebJobsScriptRoot": ROOT, "FUNCTIONS_WORKER_RUNTIME": "python"}
    given = dict(sorted(variables.items()))
    if host == AZURE_HOST:
        logging = {"AzureFunctionsJobHost__Logging__Console__IsEnabled": "true"}
        return Container(environment={**common, **logging, **given}, port=_AZURE_PORT)
    if host != OWN_HOST:
        raise InvalidPackageRequest(f"host={host!r} is not one of {AZURE_HOST!r} and {OWN_HOST!r}.")
    python = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": f"{ROOT}/{SITE_PACKAGES}",
        "PYTHONUNBUFFERED": "1",
    }
    return Container(
        environment={**common, **python, **given},
        port=PORT,
        user="65532:65532",
        command=[PYTHON, "-m", "function_host", "start", "--script-root", ROOT, "--host", "0.0.0.0"],  # noqa: S104 - a container is reached from outside
        health=[PYTHON, "-c", _HEALTH],
    )
