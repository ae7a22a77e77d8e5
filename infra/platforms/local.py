"""The platform `local`: containers of a Docker Engine behind a front that stays, replaced without a dropped request."""

import socket
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra.config import deployments_folder
from infra.contract import Change, Deployment, DeploymentSpec, Log, Manifest, Platform
from infra.errors import PlatformUnavailable
from infra.platforms.local_containers import Containers
from infra.platforms.local_control import EMULATORS, FRONT, reload
from infra.platforms.local_daemon import Daemon
from infra.platforms.local_difference import differences
from infra.platforms.local_folder import DeploymentFolder
from infra.platforms.local_rollout import Rollout, reason_of
from infra.platforms.local_values import resolved, secrets_of
from infra.targets.local import checked_name


def open_platform(spec: DeploymentSpec, *, log: Log) -> Platform:
    """The place of that deployment on this machine; raises InvalidDeployment for a name that is none.

    Raises EngineUnavailable and PlatformUnavailable, too.
    """
    checked_name(spec.name)
    named = getattr(spec.options, "folder", "")
    folder = Path(named).expanduser().absolute() if named else deployments_folder() / spec.name
    return LocalPlatform(spec.name, folder, Containers(folder, log=log), log=log)


_EMULATORS_PATIENCE = 300.0
"""Seconds: the first Azurite on a machine is downloaded."""


class LocalPlatform:
    """One deployment on this machine."""

    def __init__(self, name: str, folder: Path, containers: Containers, *, log: Log) -> None:
        self._name = name
        self._folder = DeploymentFolder(folder)
        self._containers = containers
        self._log = log
        self._front = Daemon(FRONT, folder)
        self._emulators = Daemon(EMULATORS, folder)

    def diff(self, manifests: Sequence[Manifest]) -> Sequence[Change]:
        """Raises InvalidDeployment for a secret whose variable is not set."""
        return [self._change(each) for each in manifests]

    def apply(self, manifests: Sequence[Manifest]) -> Deployment:
        """The new container answers before the old one is asked to stop; one that does not is taken away again.

        Raises NeverReady, ApplyFailed for an image that cannot be pulled, InvalidDeployment for a folder that holds
        something else, and PlatformUnavailable.
        """
        bodies = {each.kind: each.body for each in manifests}
        container = next(each for each in manifests if each.kind == "container")
        with self._folder.held():
            self._folder.check(may_be_new=True)
            resolved(container.body, self._folder.state())
            self._folder.prepare(self._name)
            self._clean()
            try:
                self._ensure(bodies, container)
            except BaseException as error:  # because a front before nothing would go on, cancelled or not
                self._give_up(error)
                raise
        return self.status() or Deployment(name=self._name, target="local", state="failed")

    def status(self) -> Deployment | None:
        state = self._folder.state() if self._folder.is_marked() else {}
        if not state:
            return None
        current = state.get("current") or {}
        found = self._containers.find(current["container"]) if current else None
        front = self._front.details()
        runs = found is not None and found.state == "running" and bool(front)
        details = {"folder": str(self._folder.path), "container": current.get("container", "")}
        details |= {"reason": state["failure"]} if state.get("failure") else {}
        if found is not None and found.restarts:
            details["restarts"] = str(found.restarts)
        if current and not front:
            details["front"] = "does not run; deploy again"
        return Deployment(
            name=self._name,
            target="local",
            state="running" if runs else "failed",
            url=f"http://127.0.0.1:{state['port']}" if state.get("port") else "",
            key=self._folder.key(),
            image=current.get("body", {}).get("image", ""),
            details={name: text for name, text in details.items() if text},
        )

    def logs(self, *, follow: bool = False, lines: int = 100) -> Iterator[str]:
        """Of the current container; with `follow` those of the one that replaces it follow."""
        state, told = self._folder.state(), ""
        if state and not state.get("current"):
            yield from deque(state.get("last_lines", []), lines)
            return
        while (current := (self._folder.state().get("current") or {}).get("container", "")) not in ("", told):
            yield from self._containers.logs(current, follow=follow, lines="all" if told else lines)
            told = current
            if not follow:
                return

    def remove(self) -> Sequence[str]:
        """Containers, front, emulators and the folder with all that the app has stored.

        Raises InvalidDeployment for a folder that holds something else, which stays as it is.
        """
        if not self._folder.path.exists():
            return []
        gone, limit = [], 0
        with self._folder.held():
            self._folder.check(may_be_new=True)
            # What is damaged can be taken away all the same.
            with suppress(PlatformUnavailable):
                limit = (self._folder.state().get("current") or {}).get("body", {}).get("stop_limit", 0)
            if self._front.stop():
                gone.append(f"front/{self._name}")
            for container in self._containers.names():
                self._containers.remove(container, limit)
                gone.append(f"container/{self._name}")
            if self._emulators.stop():
                gone.append(f"emulators/{self._name}")
            self._folder.remove()
        return list(dict.fromkeys(gone))

    def _ensure(self, bodies: Mapping[str, Mapping[str, Any]], container: Manifest) -> None:
        secrets = secrets_of(container.body)
        self._ensure_emulators(bodies.get("emulators"), secrets)
        self._ensure_front(bodies["front"], secrets)
        if self._change(container).action != "none":
            Rollout(self._name, self._folder, self._containers, self._front, log=self._log).replace(container.body)
        elif self._folder.state().get("failure"):
            self._folder.save({**self._folder.state(), "failure": "", "last_lines": []})

    def _give_up(self, error: BaseException) -> None:
        """What serves goes on; without anything that serves no front is needed, and the reason is kept."""
        state = self._folder.state()
        if state.get("current"):
            return
        self._front.stop()
        if state:
            self._folder.save({**state, "failure": reason_of(error)})

    def _change(self, manifest: Manifest) -> Change:
        state = self._folder.state()
        if manifest.kind == "container":
            return self._container_change(manifest, state)
        daemon = self._front if manifest.kind == "front" else self._emulators
        before = state.get(manifest.kind)
        if before is None:
            return Change(action="create", address=manifest.address)
        details = [
            f"{name}: {before.get(name)!r} -> {value!r}"
            for name, value in manifest.body.items()
            if before.get(name) != value
        ]
        details += [] if daemon.runs() else ["state: 'ended' -> 'running'"]
        return Change(action="update" if details else "none", address=manifest.address, details=tuple(details))

    def _container_change(self, manifest: Manifest, state: Mapping[str, Any]) -> Change:
        current = state.get("current") or {}
        found = self._containers.find(current["container"]) if current else None
        environment = resolved(manifest.body, state)
        if found is None:
            return Change(action="create", address=manifest.address)
        details = differences(
            current["body"],
            manifest.body,
            found,
            environment,
            self._containers.image_id(manifest.body["image"]),
        )
        return Change(action="update" if details else "none", address=manifest.address, details=tuple(details))

    def _clean(self) -> None:
        """Take away what a process left that was killed in the middle of a change."""
        current = (self._folder.state().get("current") or {}).get("container")
        for container in self._containers.names():
            if container != current:
                self._log(f"Removing the container {container}, which nobody uses")
                self._containers.remove(container, 0)

    def _ensure_emulators(self, wanted: Mapping[str, Any] | None, secrets: Sequence[str]) -> None:
        """Started again when they should be others; their data and their ports stay."""
        state = self._folder.state()
        if wanted is None or self._emulators.details().get("wanted") != wanted:
            self._emulators.stop()
        if wanted is None:
            self._folder.save({**state, "emulators": None, "connections": {}})
            return
        self._folder.save({**state, "emulators": wanted})
        found = self._emulators.start(patience=_EMULATORS_PATIENCE, without=secrets)
        connections = {name: found[name] for name in ("storage", "service_bus") if name in found}
        self._folder.save({**state, "emulators": wanted, "connections": connections})

    def _ensure_front(self, wanted: Mapping[str, Any], secrets: Sequence[str]) -> None:
        """The port stays what it was unless another one is asked for; what cannot listen there leaves all as it was."""
        state, running = self._folder.state(), self._front.details()
        port = wanted["port"] or state.get("port", 0)
        moves = bool(running) and running["port"] != port
        if moves:
            _refuse_taken(port)
            self._front.stop()
        # A front reads what it shall be when it starts.
        self._folder.save({**state, "front": wanted, "port": port})
        if running and not moves:
            if state.get("front") != wanted:
                reload(running, patience=wanted["request_limit"])
            return
        try:
            port = self._front.start(without=secrets)["port"]
        except BaseException:  # because the port would stick, cancelled or not
            self._folder.save(state)
            if moves:
                self._front.start(without=secrets)
            raise
        self._folder.save({**state, "front": wanted, "port": port})
        self._log(f"The front listens at http://127.0.0.1:{port}")


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        # As the front does; a listener is in the way all the same.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as error:
            raise PlatformUnavailable(
                f"The port {port} cannot be used ({error.strerror}); what ran before still serves. Give another port, "
                "or end what listens there."
            ) from error
