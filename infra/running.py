"""Run a function app on this machine: the host as a subprocess, a folder or Azurite as its storage account."""

import fcntl
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Self

from infra import app_run, child
from infra.app_run import AppRun
from infra.app_settings import CONNECTIONS, STORAGE_FOLDER, AppSettings, app_functions
from infra.bus_entities import bus_bindings, connection_settings, namespace_of
from infra.config import environment
from infra.emulators import Azurite, LocalBus
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
    service_bus: bool | Path = False,
    data_dir: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    settings: Mapping[str, str] | None = None,
    python: Path | None = None,
    echo: Echo = lambda _: None,
    timeout: float = 300.0,
) -> RunningApp:
    """Start the function app in the folder `app` and return once it takes events.

    Its storage account is the folder `<data_dir>/storage`, or Azurite with its data in `<data_dir>/azurite`.
    Connections set in the environment or in `settings` are used instead. `data_dir` is `<app>.run` by default;
    it keeps blobs, messages, keys and the log from one run to the next. `port` 0 takes a free one; `timeout` is how
    many seconds the app may take to start. What the host prints goes to `<data_dir>/host.log` and to `echo`.

    With `service_bus` an emulator runs beside the app, with the queues and topics that its functions name, or with
    those of a Config.json of Microsoft's emulator; it keeps its messages in `<data_dir>/service_bus`. `python` is the
    interpreter that runs the app, this one by default; function_host must be found by it.

    Everything ends with the calling thread at the latest. Raises InvalidRunRequest, EmulatorUnavailable,
    HostFailed (the host's exit code and output in it) and RunTimedOut.
    """
    _check(app, storage)
    folder = (data_dir or app_run.data_folder(app)).resolve()
    with ExitStack() as parts:
        _claim(folder, parts)
        connection = _storage_account(storage, folder, parts)
        connections = dict.fromkeys(CONNECTIONS, connection)
        if service_bus:
            known = {**connections, **environment(), **(settings or {})}
            connections |= _service_bus(app.resolve(), folder / "service_bus", known, service_bus, parts)
        environ = _app_settings(folder, connections, settings or {}, echo)
        running = _Host(app.resolve(), folder, echo, python or Path(sys.executable))
        parts.callback(running.stop)
        running.start(environ, ["--host", host, "--port", str(port)])
        details = running.ready(timeout, environ)
        app_run.save(details, folder)
        parts.callback((folder / app_run.RUN_FILE).unlink, missing_ok=True)
        return RunningApp(details, running, parts.pop_all())
    raise AssertionError("An ExitStack does not swallow exceptions.")


class _Host:
    """The host's process and what it prints."""

    def __init__(self, app: Path, folder: Path, echo: Echo, python: Path) -> None:
        self._app = app
        self._python = python
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
        command = [str(self._python), "-m", "function_host", "start", "--script-root", str(self._app), *address]
        command += ["--ready-file", str(self._ready_file)]
        self._process = child.start(command, env=environ, log=self._log, cwd=self._folder)

    def ready(self, timeout: float, environ: Mapping[str, str]) -> AppRun:
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
        functions = app_run.functions_of(document["functions"])
        buses = connection_settings(bus_bindings(functions))
        keys = _keys(Path(environ["FUNCTIONS_SECRETS_PATH"], "host.json"))
        return AppRun(
            app=self._app,
            url=document["url"],
            pid=document["pid"],
            functions=functions,
            key=next((str(key["value"]) for key in keys.get("functionKeys", ()) if key["name"] == "default"), ""),
            storage=next(environ[name] for name in CONNECTIONS if name not in buses),
            log=self._log,
            service_bus={name: environ[name] for name in buses if environ.get(name)},
            master_key=str(keys.get("masterKey", {}).get("value", "")),
            failures=document["failures"],
        )

    def follow(self, until: Callable[[], bool]) -> None:
        """Pass on what the host prints until `until()`; raises HostFailed when the host ends first."""
        assert self._process is not None  # noqa: S101 - only called after start()
        while not until():
            code = child.ended(self._process)
            self._pass_on()
            if code is not None:
                raise HostFailed(
                    f"The function host of {self._app} ended by itself with exit code {code}; "
                    f"what it printed is in {self._log}.",
                    returncode=code,
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


def _service_bus(
    app: Path, data: Path, values: Mapping[str, str], config: bool | Path, parts: ExitStack
) -> dict[str, str]:
    """Start a namespace; each setting that names one for the app's functions, with its connection string."""
    bindings = bus_bindings(app_functions(AppSettings(app=app, values=values, host_id="")))
    if not bindings:
        raise InvalidRunRequest(f"No function of {app} uses Service Bus, so it needs no Service Bus here.")
    bus = parts.enter_context(LocalBus(config if isinstance(config, Path) else namespace_of(bindings), data))
    return dict.fromkeys(connection_settings(bindings), bus.connection_string)


def _app_settings(
    folder: Path, connections: Mapping[str, str], settings: Mapping[str, str], echo: Echo
) -> Mapping[str, str]:
    ours = {**connections, "FUNCTIONS_SECRETS_PATH": str(folder / "keys")}
    given = environment()
    for name in connections:
        if name in given and name not in settings:
            echo(f"Using {name} from the environment.\n")
    # Logs arrive line by line even though nobody sits at a terminal.
    chosen = {"PYTHONUNBUFFERED": "1", **ours, **given, **settings}
    # The run's keys are shown, so they lie where they can be read: in a folder, whatever the app would choose.
    keys = str(Path(chosen["FUNCTIONS_SECRETS_PATH"]).absolute())
    return {**chosen, "FUNCTIONS_SECRETS_PATH": keys, "AzureWebJobsSecretStorageType": "files"}


def _keys(file: Path) -> Mapping[str, Any]:
    try:
        keys: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return keys
