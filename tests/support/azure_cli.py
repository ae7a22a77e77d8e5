"""The real `az`, in an environment of its own, signed in to a fake of Azure Resource Manager."""

import fcntl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.config import cache_folder, environment
from tests.support import require
from tests.support.fake_arm import FakeArm
from tests.support.fake_arm.identity import CALLER, TENANT

VERSION = "2.91.0"
_CLOUD = "LocalFake"
_INSTALLING = 600.0
_PATIENCE = 240.0
_ENDPOINTS = (
    "resource-manager",
    "management",
    "active-directory",
    "active-directory-resource-id",
    "active-directory-graph-resource-id",
    "microsoft-graph-resource-id",
    "gallery",
    "sql-management",
)


def installed() -> Path:
    """The folder with the program `az`, installed into the cache folder by the first process that asks.

    That takes about a minute and 740 MB, once. Where it cannot be installed, the test is skipped; under CI=true
    it fails.
    """
    home = cache_folder() / f"azure-cli-{VERSION}"
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True, timeout=_INSTALLING)
            install = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            install.append(f"azure-cli=={VERSION}")
            done = subprocess.run(install, capture_output=True, text=True, timeout=_INSTALLING, check=False)
            require(done.returncode == 0, f"The Azure CLI cannot be installed: {done.stderr.strip()[-500:]}")
            (home / ".complete").touch()
    return home / "bin"


class AzureCli:
    """Signed in as a service principal; keeps its configuration in `folder`."""

    def __init__(self, arm: FakeArm, folder: Path) -> None:
        programs = installed()
        self._environment = {
            **environment(),
            "PATH": f"{programs}:{environment().get('PATH', '')}",
            "AZURE_CONFIG_DIR": str(folder),
            "REQUESTS_CA_BUNDLE": str(arm.certificates),
            # Otherwise it asks the real Entra whether the fake one may be trusted.
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "AZURE_CORE_LOGIN_EXPERIENCE_V2": "false",
            "AZURE_CORE_NO_COLOR": "true",
            "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        }
        endpoints = [word for each in _ENDPOINTS for word in (f"--endpoint-{each}", arm.address)]
        suffixes = ["--suffix-storage-endpoint", "core.windows.net", "--suffix-acr-login-server-endpoint", "azurecr.io"]
        self.run("cloud", "register", "-n", _CLOUD, "--skip-endpoint-discovery", *endpoints, *suffixes)
        self.run("cloud", "set", "-n", _CLOUD)
        self.run("login", "--service-principal", "-u", CALLER, "-p", "secret", "--tenant", TENANT)

    def run(self, *words: str) -> str:
        """What `az` printed; raises AssertionError with its words when it fails."""
        return self._run(["az", *words], {})

    def bash(self, script: Path, settings: Mapping[str, str] | None = None) -> str:
        """What a script with `az` commands printed; raises AssertionError with its words when it fails."""
        return self._run(["bash", str(script)], settings or {})

    def _run(self, command: list[str], settings: Mapping[str, str]) -> str:
        env = {**self._environment, **settings}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout
