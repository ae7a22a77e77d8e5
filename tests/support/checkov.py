"""checkov, which judges templates by what is good practice in clouds, in an environment of its own."""

import fcntl
import json
import subprocess
import sys
from pathlib import Path

from infra.config import cache_folder
from tests.support import require

VERSION = "3.3.30"
_INSTALLING = 600.0
_JUDGING = 120.0


def installed() -> Path:
    """The program, installed into the cache folder by the first process that asks.

    That takes about half a minute and 290 MB, once. Where it cannot be installed, the test is skipped; under CI=true
    it fails.
    """
    home = cache_folder() / f"checkov-{VERSION}"
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True, timeout=_INSTALLING)
            install = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            install.append(f"checkov=={VERSION}")
            done = subprocess.run(install, capture_output=True, text=True, timeout=_INSTALLING, check=False)
            require(done.returncode == 0, f"checkov cannot be installed: {done.stderr.strip()[-500:]}")
            (home / ".complete").touch()
    return home / "bin" / "checkov"


def findings(folder: Path) -> set[tuple[str, str]]:
    """What it finds in the ARM templates of the folder: the check's name and the resource's address in it."""
    command = [str(installed()), "--directory", str(folder), "--framework", "arm", "--skip-download", "--quiet"]
    done = subprocess.run(
        [*command, "--compact", "--output", "json"], capture_output=True, text=True, timeout=_JUDGING, check=False
    )
    found = json.loads(done.stdout)
    assert found["summary"]["parsing_errors"] == 0
    assert found["summary"]["passed"] > 0
    return {(each["check_id"], each["resource"]) for each in found["results"]["failed_checks"]}
