"""Containers of one deployment in a Docker Engine: started as App Service would start them, found again by labels."""

import os
import secrets
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3

from infra.contract import Log
from infra.errors import ApplyFailed, PlatformUnavailable
from packager.docker_engine import connect

LABEL = "functions-packager.deployment"
MOUNT = "/place"
_DEFAULT_PORT = 80
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A container that was started, and where it may answer."""

    container: str
    addresses: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A container as the engine has it."""

    state: str
    """`running`, `restarting`, `exited` ..."""
    exit_code: int
    image: str
    """The image's id."""
    environment: Mapping[str, str]
    restarts: int = 0


@contextmanager
def _asked() -> Iterator[None]:
    """An engine that goes away, or cannot, is told as that; raises PlatformUnavailable."""
    from docker.errors import DockerException

    try:
        yield
    # OSError is what requests raises, and urllib3's own comes out of answers that are read as they come.
    except (DockerException, OSError, urllib3.exceptions.HTTPError) as error:
        raise PlatformUnavailable(
            f"The Docker Engine does not do what it is asked ({error}); see that it runs, and try again."
        ) from error


class Containers:
    """The containers of the deployment that is kept in `folder`."""

    def __init__(self, folder: Path, *, log: Log, client: Any = None) -> None:
        """`client` is a docker client; the default is connect()'s. Raises PlatformUnavailable for another machine's."""
        self._folder = folder
        self._log = log
        self._client = client or connect()
        address = urlsplit(str(self._client.api.base_url))
        if address.scheme == "http" and address.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise PlatformUnavailable(
                f"The Docker Engine is on another machine ({address.netloc}), and the target local deploys on this one."
            )

    @_asked()
    def image_id(self, reference: str) -> str:
        """'' when the engine has no such image."""
        from docker.errors import ImageNotFound

        try:
            return str(self._client.images.get(reference).id)
        except ImageNotFound:
            return ""

    @_asked()
    def pull(self, reference: str, login: Mapping[str, str]) -> None:
        """Let the engine have the image, if it has not; raises ApplyFailed."""
        from docker.errors import APIError

        if self.image_id(reference):
            return
        self._log(f"Pulling {reference}")
        known = {"username": login["username"], "password": login["password"]} if login.get("username") else None
        try:
            self._client.images.pull(reference, auth_config=known)
        except APIError as error:
            raise ApplyFailed(f"Image pull failed: {reference}: {error.explanation or error}.") from error

    @_asked()
    def start(self, name: str, body: Mapping[str, Any], environment: Mapping[str, str]) -> Started:
        """A new container; what it does on its own end is decided by keep(). Raises ApplyFailed."""
        from docker.errors import APIError

        image = self._client.images.get(body["image"])
        port, inner = _free_port(), int(body["port"] or _exposed(image) or _DEFAULT_PORT)
        on_host = body["network"] == "host"
        chosen = f"{name}-{secrets.token_hex(4)}"
        options = {
            "name": chosen,
            "environment": {**environment, "PORT": str(port if on_host else inner)},
            "labels": {**body["labels"], LABEL: str(self._folder)},
            "volumes": {str(self._folder / "data"): {"bind": MOUNT, "mode": "rw"}},
            **_network(port, inner, on_host=on_host),
            **_limits(body),
            **_locked(is_own=body["is_own"]),
        }
        command = _command(image, port) if on_host and body["is_own"] else None
        try:
            container = self._client.containers.run(body["image"], command, detach=True, **options)
            addresses = [f"http://127.0.0.1:{port}", *(() if on_host else _bridge_addresses(container, inner))]
        except BaseException as error:  # because the engine may have made it already, cancelled or not
            with suppress(PlatformUnavailable):
                self.remove(chosen, 0)
            if isinstance(error, APIError):
                raise ApplyFailed(f"container/{name} cannot be started: {error.explanation or error}.") from error
            raise
        return Started(container=chosen, addresses=addresses)

    @_asked()
    def keep(self, container: str) -> None:
        """From now on it is started again whenever it ends by itself, and after a restart of the machine."""
        self._client.containers.get(container).update(restart_policy={"Name": "unless-stopped"})

    @_asked()
    def find(self, container: str) -> Found | None:
        """None when it is gone."""
        from docker.errors import NotFound

        try:
            attrs = self._client.containers.get(container).attrs
        except NotFound:
            return None
        return Found(
            state=attrs["State"]["Status"],
            exit_code=attrs["State"]["ExitCode"],
            image=attrs["Image"],
            environment=dict(pair.split("=", 1) for pair in attrs["Config"]["Env"] or () if "=" in pair),
            restarts=attrs.get("RestartCount", 0),
        )

    @_asked()
    def names(self) -> list[str]:
        """Of all containers of this deployment, those too that a process left that was killed."""
        found = self._client.containers.list(all=True, filters={"label": f"{LABEL}={self._folder}"})
        return sorted(str(each.name) for each in found)

    @_asked()
    def remove(self, container: str, stop_limit: float) -> None:
        """SIGTERM, `stop_limit` seconds, SIGKILL; then it is gone."""
        from docker.errors import NotFound

        try:
            found = self._client.containers.get(container)
            found.stop(timeout=int(stop_limit))
            found.remove(force=True)
        except NotFound:
            return

    def logs(self, container: str, *, follow: bool = False, lines: int | str = "all") -> Iterator[str]:
        """Lines without their ends; nothing for a container that is gone."""
        from docker.errors import NotFound

        rest = b""
        with _asked():
            try:
                pieces = self._client.containers.get(container).logs(stream=True, follow=follow, tail=lines)
            except NotFound:
                return
            with closing(pieces):
                for piece in pieces:
                    *whole, rest = (rest + piece).split(b"\n")
                    yield from (line.decode(errors="replace").rstrip("\r") for line in whole)
        if rest:
            yield rest.decode(errors="replace")

    def close(self) -> None:
        self._client.close()


def _network(port: int, inner: int, *, on_host: bool) -> dict[str, Any]:
    if on_host:
        return {"network_mode": "host"}
    return {"ports": {f"{inner}/tcp": ("127.0.0.1", port)}}


def _limits(body: Mapping[str, Any]) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if body["cpu"] is not None:
        limits["nano_cpus"] = int(body["cpu"] * _SECOND)
    if body["memory"] is not None:
        limits["mem_limit"] = body["memory"]
    return limits


def _locked(*, is_own: bool) -> dict[str, Any]:
    """As far as the image is known to run so; its own files belong to whoever deploys."""
    if not is_own:
        return {}
    return {
        "user": f"{os.getuid()}:{os.getgid()}",
        "read_only": True,
        "tmpfs": {"/tmp": ""},  # noqa: S108 - the container's own
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
    }


def _command(image: Any, port: int) -> list[str]:
    """On the machine's own network nobody else's business: it listens on the loopback interface alone."""
    return [*(image.attrs["Config"]["Cmd"] or ()), "--host", "127.0.0.1", "--port", str(port)]


def _exposed(image: Any) -> str:
    ports = sorted(image.attrs["Config"].get("ExposedPorts") or (), key=lambda each: int(each.partition("/")[0]))
    return str(ports[0]).partition("/")[0] if ports else ""


def _bridge_addresses(container: Any, inner: int) -> list[str]:
    container.reload()
    networks = container.attrs["NetworkSettings"]["Networks"].values()
    return [f"http://{each['IPAddress']}:{inner}" for each in networks if each.get("IPAddress")]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
