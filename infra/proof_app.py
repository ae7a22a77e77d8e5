"""An app as a proof runs it: a copy, in a folder of its own, with accounts of its own."""

import fcntl
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.app_run import RunningFunction
from infra.app_settings import CONNECTIONS, STORAGE_FOLDER, AppSettings, app_functions
from infra.bus_entities import bus_bindings, connection_settings, namespace_of
from infra.config import environment
from infra.emulators import LocalBus
from infra.errors import InvalidRunRequest
from infra.proof_environment import PACKAGES, ProofPython
from infra.running import RunningApp, run
from infra.storage import folder_connection
from packager.package import required_connections
from triggers.registry import by_name

_FIRST = "ConnectionStrings__AzureWebJobs"
_PACKAGES_ROOT = PACKAGES.partition("/")[0]
_FICLONE = 0x40049409
"""Asks Linux for a copy that shares its blocks with the original until one of the two is written to."""


@contextmanager
def copied(app: Path) -> Iterator[Path]:
    """A copy of the app in a temporary folder, so that nothing is written into the app itself.

    Hidden folders that no package has, such as `.venv`, are links: large, and no part of the app. Raises
    InvalidRunRequest where there is no room for it.
    """
    with tempfile.TemporaryDirectory(prefix="packager-proof-") as folder:
        copy = Path(folder, "app")
        try:
            _copy(app, copy)
        except OSError as error:
            raise InvalidRunRequest(
                f"The app {app} cannot be copied to {copy}: {error.strerror or error}. Let TMPDIR name a folder with "
                "room for all of it, models too."
            ) from error
        yield copy


def _copy(app: Path, copy: Path) -> None:
    copy.mkdir()
    for entry in app.iterdir():
        target = copy / entry.name
        if entry.is_dir() and entry.name.startswith(".") and entry.name != _PACKAGES_ROOT:
            target.symlink_to(entry.resolve())
        elif entry.is_dir():
            shutil.copytree(entry, target, symlinks=True, copy_function=_copy_file)
        else:
            _copy_file(entry, target)


def _copy_file(source: str | Path, target: str | Path) -> None:
    """A large model costs neither time nor room where the file system can share its blocks."""
    with Path(source).open("rb") as stream, Path(target).open("xb") as out:
        try:
            fcntl.ioctl(out, _FICLONE, stream.fileno())
        except OSError:
            shutil.copyfile(source, target)


@contextmanager
def started(
    app: Path, python: ProofPython, settings: Mapping[str, str], *, timeout: float
) -> Iterator[tuple[RunningApp, float]]:
    """The app and in how many seconds it started, with folders as storage accounts and an emulator as Service Bus.

    Whatever accounts the environment names are not touched. Raises what run() and the listing of functions raise.
    """
    data = app.with_name("data")
    with ExitStack() as parts:
        account = folder_connection(data / STORAGE_FOLDER)
        own = {
            "PYTHONDONTWRITEBYTECODE": "1",
            "FUNCTIONS_METRICS_ENABLED": "true",
            # What still runs when the proof is over, nobody waits for.
            "FUNCTIONS_DRAIN_SECONDS": "1",
            "FUNCTIONS_SECRETS_PATH": str(data / "keys"),
            **({"PYTHONPATH": str(app / PACKAGES)} if python.brings_no_host else {}),
            **settings,
        }
        accounts = dict.fromkeys(CONNECTIONS, account)
        accounts |= _accounts(app, python, {**own, **accounts}, account, parts)
        # The name that is looked for first: no account that the environment has under another one comes before it.
        own |= accounts | {f"{_FIRST}{name}": connection for name, connection in accounts.items()}
        begun = time.monotonic()
        running = run(app, data_dir=data, settings=own, python=python.executable, timeout=timeout)
        yield parts.enter_context(running), time.monotonic() - begun


def _accounts(app: Path, python: ProofPython, own: Mapping[str, str], account: str, parts: ExitStack) -> dict[str, str]:
    """Every connection that a binding of the app names, with an account of the proof's."""
    packaged = _packaged_triggers(app)
    if packaged is not None and not any(by_name(name).emulator for name in packaged):
        return dict.fromkeys(required_connections(packaged), account)
    functions = app_functions(AppSettings(app=app, values={**environment(), **own}, host_id=""), python.executable)
    bindings = bus_bindings(functions)
    storage = dict.fromkeys(_storage_settings(functions), account)
    if not bindings:
        return storage
    bus = parts.enter_context(LocalBus(namespace_of(bindings)))
    return {**storage, **dict.fromkeys(connection_settings(bindings), bus.connection_string)}


def _storage_settings(functions: Sequence[RunningFunction]) -> set[str]:
    buses = ("servicebus", "servicebustrigger")
    return {
        binding.option("connection")
        for function in functions
        for binding in function.bindings
        if binding.type.lower() not in buses and binding.option("connection")
    }


def _packaged_triggers(app: Path) -> Mapping[str, Mapping[str, object]] | None:
    """Of an app that the packager made, its triggers with their options; None for any other."""
    try:
        triggers = json.loads((app / "packager.json").read_text(encoding="utf-8"))["triggers"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return triggers if isinstance(triggers, dict) else None
