"""Microsoft's own Python worker library, which loads a function app and runs its functions as the real host asks."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.config import cache_folder, environment
from tests.support import require

VERSION = "1.3.0"
_INSTALLING = 300.0


def installed() -> Path:
    """A folder with the library alone, fetched into the cache folder by the first process that asks.

    It is published for Python 3.13 and knows nothing that this one lacks. Where it cannot be fetched, the test is
    skipped; under CI=true it fails.
    """
    home = cache_folder() / f"azure-functions-runtime-{VERSION}"
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".complete").exists():
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
            command += ["--ignore-requires-python", "--upgrade", "--target", str(home)]
            command.append(f"azure-functions-runtime=={VERSION}")
            done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALLING, check=False)
            require(done.returncode == 0, f"Microsoft's worker library cannot be fetched: {done.stderr.strip()}")
            (home / ".complete").touch()
    return home


class Worker:
    """The library in a process of its own, on one app."""

    def __init__(self, app: Path, settings: Mapping[str, str], log: Path) -> None:
        """Raises AssertionError with the worker's words when it does not take the app."""
        command = [sys.executable, "-m", "tests.microsoft_host.worker_program", str(installed()), str(app)]
        self._log = log
        with log.open("wb") as stream:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                text=True,
                env={**environment(), **settings},
                cwd=Path(__file__).parents[2],
            )
        self.functions: list[dict[str, Any]] = self._next()

    def invoke(
        self, function: str, parameter: str, *, metadata: Mapping[str, object] | None = None, **data: str
    ) -> Any:
        """What the function gave for typed data: `bytes=...`, or `http=` a URL and `body=`."""
        told = {name: json.dumps(value) for name, value in (metadata or {}).items()}
        order = {"function": function, "parameter": parameter, "data": data, "metadata": told}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._next()

    def stop(self) -> None:
        """Waits for its end."""
        self._process.communicate(timeout=30)

    def _next(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._log.read_text()
        return json.loads(line)
