"""Replace a container: start the new one, wait until it answers, switch, drain, and only then stop the old one."""

from collections.abc import Mapping
from typing import Any

from infra.contract import Log
from infra.errors import ApplyFailed, NeverReady
from infra.platforms.local_containers import Containers, Started
from infra.platforms.local_control import reload
from infra.platforms.local_daemon import Daemon
from infra.platforms.local_folder import DeploymentFolder
from infra.platforms.local_values import resolved, text_of
from infra.platforms.local_warmup import warmed_up


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

        Raises ApplyFailed and NeverReady.
        """
        old = self._folder.state().get("current") or {}
        try:
            self._containers.pull(body["image"], self._login(body))
            started, address = self._started(body)
        except ApplyFailed as error:
            self._remember(error, serves=bool(old))
            raise
        self._containers.keep(started.container)
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
        self._log(f"Started the container {started.container} of {body['image']}; waiting for its answer")
        try:
            return started, warmed_up(self._containers, started, body)
        except BaseException:  # because a container that nobody knows of would go on, cancelled or not
            self._containers.remove(started.container, 0)
            raise

    def _remember(self, error: ApplyFailed, *, serves: bool) -> None:
        lines = error.output.splitlines() if isinstance(error, NeverReady) else []
        failure = str(error).partition("\n")[0]
        self._folder.save({**self._folder.state(), "failure": failure, "last_lines": lines})
        if serves:
            self._log("What ran before still serves")
        else:
            self._front.stop()

    def _switch(self, started: Started, address: str, body: Mapping[str, Any]) -> None:
        current = {"container": started.container, "address": address, "body": body}
        state = {**self._folder.state(), "current": current, "failure": "", "last_lines": []}
        self._folder.save(state)
        limit = state["front"]["request_limit"]
        left = reload(self._front.details(), patience=limit + 30)
        self._log(f"{started.container} answers at {address}")
        if left:
            self._log(f"{left} requests took longer than {limit} seconds and are cut off")
