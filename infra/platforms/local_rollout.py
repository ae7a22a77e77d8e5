"""Replace a container: start the new one, wait until it answers, switch, drain, and only then stop the old one."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from infra.contract import Log
from infra.errors import InfraError, NeverReady, PlatformUnavailable
from infra.platforms.local_containers import Containers, Started
from infra.platforms.local_control import reload
from infra.platforms.local_daemon import Daemon
from infra.platforms.local_folder import DeploymentFolder
from infra.platforms.local_values import resolved, secrets_of, text_of
from infra.platforms.local_warmup import warmed_up


def reason_of(error: BaseException) -> str:
    """What `status` says afterwards: one line."""
    if isinstance(error, InfraError):
        return str(error).partition("\n")[0]
    return f"The deployment was interrupted ({type(error).__name__}); deploy again."


class Rollout:
    """One deployment's way from one container to the next."""

    def __init__(self, name: str, folder: DeploymentFolder, containers: Containers, front: Daemon, *, log: Log) -> None:
        self._name = name
        self._folder = folder
        self._containers = containers
        self._front = front
        self._log = log

    def replace(self, body: Mapping[str, Any]) -> None:
        """The container of `body` serves from now on; when it cannot, what served before still does.

        Raises ApplyFailed, NeverReady and PlatformUnavailable.
        """
        old = self._folder.state().get("current") or {}
        try:
            self._containers.pull(body["image"], self._login(body))
            started, address = self._started(body)
        except BaseException as error:  # because the reason is to be known, cancelled or not
            self._remember(error, serves=bool(old))
            raise
        self._switch(started, address, body)
        if old:
            self._log(f"Stopping the container {old['container']}")
            self._containers.remove(old["container"], old["body"]["stop_limit"])

    def _login(self, body: Mapping[str, Any]) -> Mapping[str, str]:
        found = body["registry"]
        password = text_of(found["password"], {}, wanted_by="password of the registry") if found["username"] else ""
        return {"username": found["username"], "password": password}

    def _started(self, body: Mapping[str, Any]) -> tuple[Started, str]:
        started = self._containers.start(self._name, body, resolved(body, self._folder.state()))
        try:
            self._log(f"Started the container {started.container} of {body['image']}; waiting for its answer")
            address = warmed_up(self._containers, started, body)
            self._containers.keep(started.container)
        except BaseException:  # because a container that nobody knows of would go on, cancelled or not
            # An engine that is gone is told by the first error; the next deployment takes away what is left.
            with suppress(PlatformUnavailable):
                self._containers.remove(started.container, 0)
            raise
        return started, address

    def _remember(self, error: BaseException, *, serves: bool) -> None:
        lines = error.output.splitlines() if isinstance(error, NeverReady) else []
        self._folder.save({**self._folder.state(), "failure": reason_of(error), "last_lines": lines})
        if serves:
            self._log("What ran before still serves")
        else:
            self._front.stop()

    def _switch(self, started: Started, address: str, body: Mapping[str, Any]) -> None:
        current = {"container": started.container, "address": address, "body": body}
        state = {**self._folder.state(), "current": current, "failure": "", "last_lines": []}
        self._folder.save(state)
        limit = state["front"]["request_limit"]
        running, left = self._front.details(), 0
        if running:
            left = reload(running, patience=limit + 30)
        else:
            self._log("The front has ended meanwhile; starting it again")
            self._front.start(without=secrets_of(body))
        self._log(f"{started.container} answers at {address}")
        if left:
            self._log(f"{left} requests took longer than {limit} seconds and are cut off")
