"""Run a function app on this machine: the host as a subprocess, a folder or Azurite as its storage account."""

import fcntl
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self

from infra import app_run, child
from infra.app_run import AppRun
from infra.app_settings import CONNECTIONS, STORAGE_FOLDER
from infra.config import environment
from infra.emulators import Azurite
from infra.errors import HostFailed, InvalidRunRequest, RunTimedOut
from infra.storage import folder_connection

STORAGES = ("folder", "azurite")
_PAUSE = 0.02
_BROKEN_APP = 3
"""Exit code for an app or a configuration that cannot be used."""
_FUNCTION_APP_FILES = ("function_app.py", "host.json")

Echo = Callable[[str], None]


class RunningApp:
    """An app that runs until `stop()` or the end of a `with` block; `details` says where and how to reach it."""

    def __init__(self, details: AppRun, host: "_Host", parts: ExitStack) -> None:
        self.details = details
        self._host = host
        self._parts = parts

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self) -> None:
        """Block, passing on what the host prints; raises HostFailed when the host ends by itself."""
        self._host.follow(until=lambda: False)

    def stop(self) -> None:
        """Drain and stop the host, then the emulator; harmless when stopped already."""
        self._parts.close()


def run(  # noqa: PLR0913 - one public call, all but the app by keyword and with a default
    app: Path,
    *,
    storage: str = "folder",
    data_dir: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    settings: Mapping[str, str] | None = None,
    echo: Echo = lambda _: None,
    timeout: float = 300.0,
) -> RunningApp:
    """Start the function app in the folder `app` and return once it takes events.

    Its storage account is the folder `<data_dir>/storage`, or Azurite with its data in `<data_dir>/azurite`.
    Connections set in the environment or in `settings` are used instead. `data_dir` is `<app>.run` by default;
    it keeps blobs, keys and the log from one run to the next. `port` 0 takes a free one; `timeout` is how many
    seconds the app may take to start. What the host prints goes to `<data_dir>/host.log` and to `echo`.

    Everything ends with the calling thread at the latest. Raises InvalidRunRequest, EmulatorUnavailable,
    HostFailed (the host's exit code and output in it) and RunTimedOut.
    """
    _check(app, storage)
    folder = (data_dir or app_run.data_folder(app)).resolve()
    with ExitStack() as parts:
        _claim(folder, parts)
        connection = _storage_account(storage, folder, parts)
        environ = _app_settings(folder, connection, settings or {}, echo)
        running = _Host(app.resolve(), folder, echo)
        parts.callback(running.stop)
        running.start(environ, ["--host", host, "--port", str(port)])
        details = running.ready(timeout, environ[CONNECTIONS[0]], Path(environ["FUNCTIONS_SECRETS_PATH"]))
        app_run.save(details, folder)
        parts.callback((folder / app_run.RUN_FILE).unlink, missing_ok=True)
        return RunningApp(details, running, parts.pop_all())
    raise AssertionError("An ExitStack does not swallow exceptions.")


class _Host:
    """The host's process and what it prints."""

    def __init__(self, app: Path, folder: Path, echo: Echo) -> None:
        self._app = app
        self._folder = folder
        self._echo = echo
        self._log = folder / "host.log"
        self._ready_file = folder / "ready.json"
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: IO[str] | None = None

    def start(self, environ: Mapping[str, str], address: list[str]) -> None:
        self._ready_file.unlink(missing_ok=True)
        self._log.write_bytes(b"")
        self._reader = self._log.open(encoding="utf-8", errors="replace")
        command = [sys.executable, "-m", "function_host", "start", "--script-root", str(self._app), *address]
        command += ["--ready-file", str(self._ready_file)]
        self._process = child.start(command, env=environ, log=self._log, cwd=self._folder)

    def ready(self, timeout: float, storage: str, keys: Path) -> AppRun:
        """Wait for the ready file; raises HostFailed and RunTimedOut."""
        deadline = time.monotonic() + timeout
        self.follow(until=lambda: self._ready_file.exists() or time.monotonic() > deadline)
        if not self._ready_file.exists():
            raise RunTimedOut(f"The app {self._app} was not ready within {timeout:.0f} seconds; see {self._log}.")
        document = json.loads(self._ready_file.read_text(encoding="utf-8"))
        if document["errors"] and not document["functions"]:
            self._pass_on()
            raise HostFailed(
                f"Nothing of {self._app} can run: {' '.join(document['errors'])}",
                returncode=_BROKEN_APP,
                output=self._log.read_text(encoding="utf-8", errors="replace"),
            )
        return AppRun(
            app=self._app,
            url=document["url"],
            pid=document["pid"],
            functions=app_run.functions_of(document["functions"]),
            key=_default_key(keys / "host.json"),
            storage=storage,
            log=self._log,
        )

    def follow(self, until: Callable[[], bool]) -> None:
        """Pass on what the host prints until `until()`; raises HostFailed when the host ends first."""
        assert self._process is not None  # noqa: S101 - only called after start()
        while not until():
            code = self._process.poll()
            self._pass_on()
            if code is not None:
                raise HostFailed(
                    f"The function host of {self._app} ended by itself with exit code {code}; "
                    f"what it printed is in {self._log}.",
                    returncode=code if code > 0 else 1,
                    output=self._log.read_text(encoding="utf-8", errors="replace"),
                )
            time.sleep(_PAUSE)
        self._pass_on()

    def stop(self) -> None:
        if self._process is not None:
            child.stop(self._process)
        if self._reader is not None:
            self._pass_on()
            self._reader.close()
        self._ready_file.unlink(missing_ok=True)
        self._process, self._reader = None, None

    def _pass_on(self) -> None:
        assert self._reader is not None  # noqa: S101 - opened by start()
        if text := self._reader.read():
            self._echo(text)


def _check(app: Path, storage: str) -> None:
    if storage not in STORAGES:
        raise InvalidRunRequest(f"There is no storage {storage!r}; the valid ones are {' and '.join(STORAGES)}.")
    missing = [name for name in _FUNCTION_APP_FILES if not (app / name).is_file()]
    if missing:
        raise InvalidRunRequest(
            f"{app} is no function app: it has no {' and no '.join(missing)}; "
            "give the folder that `packager package --context` wrote."
        )


def _claim(folder: Path, parts: ExitStack) -> None:
    """Keep a second run out of the folder for as long as this one lives, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = parts.enter_context((folder / "lock").open("w"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as cause:
        raise InvalidRunRequest(
            f"Another run keeps its data in {folder}; stop it first or choose another data folder."
        ) from cause


def _storage_account(storage: str, folder: Path, parts: ExitStack) -> str:
    if storage == "azurite":
        return parts.enter_context(Azurite(folder / "azurite")).connection_string
    return folder_connection(folder / STORAGE_FOLDER)


def _app_settings(folder: Path, connection: str, settings: Mapping[str, str], echo: Echo) -> Mapping[str, str]:
    ours = dict.fromkeys(CONNECTIONS, connection) | {"FUNCTIONS_SECRETS_PATH": str(folder / "keys")}
    given = environment()
    for name in CONNECTIONS:
        if name in given and name not in settings:
            echo(f"Using {name} from the environment.\n")
    # Logs arrive line by line even though nobody sits at a terminal.
    chosen = {"PYTHONUNBUFFERED": "1", **ours, **given, **settings}
    # The run's keys are shown, so they lie where they can be read: in a folder, whatever the app would choose.
    keys = str(Path(chosen["FUNCTIONS_SECRETS_PATH"]).absolute())
    return {**chosen, "FUNCTIONS_SECRETS_PATH": keys, "AzureWebJobsSecretStorageType": "files"}


def _default_key(file: Path) -> str:
    try:
        keys = json.loads(file.read_text(encoding="utf-8"))["functionKeys"]
    except (OSError, ValueError, KeyError):
        return ""
    return next((str(key["value"]) for key in keys if key["name"] == "default"), "")
