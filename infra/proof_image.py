"""An image as a proof runs it: by a Docker Engine, with accounts of its own, reached over the loopback interface."""

import io
import json
import os
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra.app_run import AppRun, RunningFunction, functions_of
from infra.app_settings import CONNECTIONS, STORAGE_FOLDER
from infra.bus_entities import bus_bindings, connection_settings, namespace_of
from infra.emulators import LocalBus
from infra.errors import HostFailed, InvalidRunRequest, NotRunning, ProofImpossible, RunTimedOut
from infra.numbers import read_numbers
from infra.storage import folder_connection
from packager.docker_engine import connect
from packager.package import required_connections
from packager.staging.container import ROOT
from triggers.registry import by_name

_MOUNT = "/proof"
_READY = "ready.json"
_BROUGHT = (
    "packager.json", "host.json", "sample_input.json", "sample_input.bin", "sample_output.json", "sample_output.bin",
)  # fmt: skip
_PAUSE = 0.05


class RunningImage:
    """A container that takes events; `details` says where, and `output()` what it printed."""

    def __init__(self, details: AppRun, container: Any, seconds: float) -> None:
        self.details = details
        self.seconds = seconds
        """From its start until it took events."""
        self._container = container

    def output(self) -> str:
        return _logs(self._container)


@contextmanager
def image_started(image: str, *, timeout: float, client: Any = None) -> Iterator[RunningImage]:
    """The image, running read-only on the host's network, with a folder as storage and the local Service Bus.

    Raises EngineUnavailable, ProofImpossible for an engine whose containers cannot be reached, InvalidRunRequest for
    an image that is not there or was not made by the packager, HostFailed and RunTimedOut.
    """
    engine = client or connect()
    _check_place(engine)
    command = _command(engine, image)
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="packager-proof-")))
        app, data = folder / "app", folder / "data"
        app.mkdir()
        storage = folder_connection(data / STORAGE_FOLDER)
        _bring(engine, image, app)
        environment = {
            "FUNCTIONS_SECRETS_PATH": f"{_MOUNT}/keys",
            "AzureWebJobsSecretStorageType": "files",
            "FUNCTIONS_METRICS_ENABLED": "true",
            **_accounts(engine, image, command, app, data, parts),
        }
        address = ["--host", "127.0.0.1", "--port", "0", "--ready-file", f"{_MOUNT}/{_READY}"]
        container = _run(engine, image, [*command, *address], data, environment)
        parts.callback(container.remove, force=True)
        seconds = _wait(container, data / _READY, image, timeout)
        details = _details(container, app, data, storage, environment)
        _check_reach(details.url)
        yield RunningImage(details, container, seconds)


def _check_place(engine: Any) -> None:
    """Folders are mounted, so engine and proof must see the same ones."""
    address = urlsplit(str(engine.api.base_url))
    if address.scheme == "http" and address.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ProofImpossible(f"The Docker Engine is on another machine ({address.netloc}); prove the image there.")


def _check_reach(url: str) -> None:
    try:
        read_numbers(url)
    except NotRunning as cause:
        raise ProofImpossible(
            f"The image runs, but {url} cannot be reached: the Docker Engine gives its containers another network than "
            "this machine's."
        ) from cause


def _command(engine: Any, image: str) -> list[str]:
    """How the image starts its host."""
    from docker.errors import ImageNotFound

    try:
        config = engine.images.get(image).attrs["Config"]
    except ImageNotFound as cause:
        raise InvalidRunRequest(f"The Docker Engine has no image {image!r}; pull it, or build it first.") from cause
    command: list[str] = [*(config.get("Cmd") or ())]
    if "function_host" not in [*(config.get("Entrypoint") or ()), *command]:
        raise InvalidRunRequest(f"The image {image!r} does not start function_host ({' '.join(command)}): not ours.")
    return command


def _bring(engine: Any, image: str, app: Path) -> None:
    """Fetch what the image says of itself, without running it."""
    from docker.errors import NotFound

    container = engine.containers.create(image)
    try:
        for name in _BROUGHT:
            with suppress(NotFound):
                pieces, _ = container.get_archive(f"{ROOT}/{name}")
                with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
                    member = archive.extractfile(name)
                    (app / name).write_bytes(member.read() if member is not None else b"")
    finally:
        container.remove(force=True)


def _accounts(
    engine: Any, image: str, command: Sequence[str], app: Path, data: Path, parts: ExitStack
) -> dict[str, str]:
    """As the container sees them: its storage is a folder that is mounted into it."""
    storage = f"folder:{_MOUNT}/{STORAGE_FOLDER}"
    accounts = dict.fromkeys(CONNECTIONS, storage)
    triggers = _triggers(app)
    accounts |= dict.fromkeys(required_connections(triggers), storage)
    if any(by_name(name).emulator for name in triggers):
        bindings = bus_bindings(_listed(engine, image, command, data))
        bus = parts.enter_context(LocalBus(namespace_of(bindings)))
        accounts |= dict.fromkeys(connection_settings(bindings), bus.connection_string)
    return accounts


def _triggers(app: Path) -> Mapping[str, Mapping[str, object]]:
    try:
        document: Mapping[str, Any] = json.loads((app / "packager.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found: Mapping[str, Mapping[str, object]] = document.get("triggers", {})
    return found


def _listed(engine: Any, image: str, command: Sequence[str], data: Path) -> tuple[RunningFunction, ...]:
    """The app's functions, found by a host that runs none of them."""
    listing = [*command[: command.index("start")], "functions", "--script-root", ROOT]
    container = _run(engine, image, [*listing, "--ready-file", f"{_MOUNT}/functions.json"], data, {})
    try:
        code = container.wait()["StatusCode"]
        if code:
            raise HostFailed(f"The functions of {image} cannot be listed.", returncode=code, output=_logs(container))
        return functions_of(json.loads((data / "functions.json").read_text(encoding="utf-8"))["functions"])
    finally:
        container.remove(force=True)


def _run(engine: Any, image: str, command: Sequence[str], data: Path, environment: Mapping[str, str]) -> Any:
    """As locked down as an engine can; only the proof's own folder may be written."""
    return engine.containers.run(
        image,
        [*command],
        detach=True,
        environment=dict(environment),
        volumes={str(data): {"bind": _MOUNT, "mode": "rw"}},
        user=f"{os.getuid()}:{os.getgid()}",
        network_mode="host",
        read_only=True,
        tmpfs={"/tmp": ""},  # noqa: S108 - the container's own
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
    )


def _wait(container: Any, ready: Path, image: str, timeout: float) -> float:
    begun = time.monotonic()
    while not ready.exists():
        container.reload()
        if container.status in ("exited", "dead"):
            code = container.attrs["State"]["ExitCode"]
            raise HostFailed(
                f"The host in {image} ended by itself with exit code {code}.", returncode=code, output=_logs(container)
            )
        if time.monotonic() - begun > timeout:
            raise RunTimedOut(f"The image {image} was not ready within {timeout:.0f} seconds.")
        time.sleep(_PAUSE)
    return time.monotonic() - begun


def _details(container: Any, app: Path, data: Path, storage: str, environment: Mapping[str, str]) -> AppRun:
    document = json.loads((data / _READY).read_text(encoding="utf-8"))
    keys = json.loads((data / "keys" / "host.json").read_text(encoding="utf-8"))
    functions = functions_of(document["functions"])
    container.reload()
    return AppRun(
        app=app,
        url=document["url"],
        # Inside, the host has another number.
        pid=container.attrs["State"]["Pid"],
        functions=functions,
        key=next(str(key["value"]) for key in keys["functionKeys"] if key["name"] == "default"),
        storage=storage,
        log=data / "host.log",
        service_bus={name: environment[name] for name in connection_settings(bus_bindings(functions))},
        master_key=str(keys["masterKey"]["value"]),
        failures=document["failures"],
    )


def _logs(container: Any) -> str:
    text: bytes = container.logs()
    return text.decode(errors="replace")
