import os
from types import SimpleNamespace

import docker
import pytest
import requests

from infra.errors import ApplyFailed, PlatformUnavailable
from infra.platforms.local_containers import LABEL, Containers
from tests.support.local_containers import BODY


class FakeContainer:
    """One that runs."""

    def __init__(self, name: str, options: dict) -> None:
        self.name, self.options, self.done = name, options, []
        self.attrs = {
            "State": {"Status": "running", "ExitCode": 0},
            "Image": "sha256:1",
            "Config": {"Env": ["A=1=2", "odd"]},
            "NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.2"}, "other": {"IPAddress": ""}}},
        }

    def reload(self) -> None:
        self.done.append("reload")

    def stop(self, timeout: int) -> None:
        self.done.append(("stop", timeout))

    def remove(self, *, force: bool) -> None:
        self.done.append("remove")

    def update(self, **options) -> None:
        self.done.append(options)

    def logs(self, **options):
        self.done.append(options)
        return Pieces([b"one\ntw", b"o\r\nrest"])


class Pieces(list):
    def __init__(self, pieces) -> None:
        super().__init__(pieces)
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


class FakeEngine:
    """An engine with one image, `m:1`."""

    def __init__(self, base_url: str = "http+docker://localhost") -> None:
        self.api = SimpleNamespace(base_url=base_url)
        self.made: dict[str, FakeContainer] = {}
        self.pulled: list[tuple] = []
        self.exposed: dict | None = {"9000/tcp": {}, "8080/tcp": {}}
        self.refuses = False
        self.images = SimpleNamespace(get=self._image, pull=self._pull)
        self.containers = SimpleNamespace(run=self._run, get=self._get, list=self._list)

    def _image(self, name: str):
        if name != "m:1":
            raise docker.errors.ImageNotFound(name)
        config = {"Cmd": ["python", "-m", "function_host", "start"], "ExposedPorts": self.exposed}
        return SimpleNamespace(id="sha256:1", attrs={"Config": config})

    def _pull(self, name: str, auth_config):
        self.pulled.append((name, auth_config))
        raise docker.errors.APIError("no", explanation="no such host")

    def _run(self, image: str, command, **options):
        if self.refuses:
            raise docker.errors.APIError("no", explanation="no room")
        self.made[options["name"]] = FakeContainer(options["name"], {"command": command, **options})
        return self.made[options["name"]]

    def _get(self, name: str):
        if name not in self.made:
            raise docker.errors.NotFound(name)
        return self.made[name]

    def _list(self, **options):
        self.listed = options
        return [*self.made.values()]


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def containers(engine, tmp_path):
    return Containers(tmp_path, log=lambda _: None, client=engine)


def made(engine) -> FakeContainer:
    (container,) = engine.made.values()
    return container


def test_our_own_image_is_locked_down_on_the_loopback_interface(containers, engine, tmp_path):
    body = {**BODY, "cpu": 0.5, "memory": 1024, "labels": {"team": "a"}}

    started = containers.start("app", body, {"A": "1", "PORT": "99"})

    options = made(engine).options
    port = started.addresses[0].rpartition(":")[2]
    assert started.addresses == [f"http://127.0.0.1:{port}"]
    assert options["command"][-4:] == ["--host", "127.0.0.1", "--port", port]
    assert options["environment"] == {"A": "1", "PORT": port}
    assert options["labels"] == {"team": "a", LABEL: str(tmp_path)}
    assert (options["network_mode"], options["read_only"], options["cap_drop"]) == ("host", True, ["ALL"])
    assert (options["nano_cpus"], options["mem_limit"]) == (500_000_000, 1024)
    assert options["user"] == f"{os.getuid()}:{os.getgid()}"


@pytest.mark.parametrize(
    ("given", "exposed", "inner"),
    [(7000, {"8080/tcp": {}}, 7000), (0, {"9000/tcp": {}, "8080/tcp": {}}, 8080), (0, None, 80)],
)
def test_an_image_of_others_is_published_at_its_port(containers, engine, given, exposed, inner):
    engine.exposed = exposed

    started = containers.start("app", {**BODY, "network": "bridge", "is_own": False, "port": given}, {})

    options = made(engine).options
    (published,) = options["ports"].values()
    assert options["ports"] == {f"{inner}/tcp": ("127.0.0.1", published[1])}
    assert options["environment"]["PORT"] == str(inner)
    assert started.addresses == [f"http://127.0.0.1:{published[1]}", f"http://172.17.0.2:{inner}"]
    assert "read_only" not in options
    assert options["command"] is None


def test_what_the_engine_refuses_is_told(containers, engine):
    engine.refuses = True

    with pytest.raises(ApplyFailed, match=r"container/app cannot be started: no room\."):
        containers.start("app", BODY, {})


def test_pulling(containers, engine):
    containers.pull("m:1", {"username": ""})
    assert engine.pulled == []

    with pytest.raises(ApplyFailed, match=r"Image pull failed: r/x:1: no such host\."):
        containers.pull("r/x:1", {"username": "me", "password": "p"})
    assert engine.pulled == [("r/x:1", {"username": "me", "password": "p"})]
    assert (containers.image_id("m:1"), containers.image_id("x")) == ("sha256:1", "")


def test_a_container_is_kept_found_and_removed(containers, engine):
    name = containers.start("app", BODY, {}).container
    containers.keep(name)

    found = containers.find(name)
    containers.remove(name, 7)
    containers.remove("gone", 7)

    assert (found.state, found.image, found.environment) == ("running", "sha256:1", {"A": "1=2"})
    assert made(engine).done == [{"restart_policy": {"Name": "unless-stopped"}}, ("stop", 7), "remove"]
    assert containers.names() == [name]
    assert containers.find("gone") is None


def test_lines_are_put_together_of_pieces(containers):
    name = containers.start("app", BODY, {}).container

    assert list(containers.logs(name, lines=5)) == ["one", "two", "rest"]
    assert list(containers.logs("gone")) == []


def test_an_engine_elsewhere_is_refused(tmp_path):
    with pytest.raises(PlatformUnavailable, match=r"other\.example:2375"):
        Containers(tmp_path, log=lambda _: None, client=FakeEngine("http://other.example:2375"))


def gone(*_: object, **__: object) -> None:
    raise requests.exceptions.ConnectionError("engine gone")


def test_an_engine_that_goes_away_is_told(containers, engine):
    name = containers.start("app", BODY, {}).container
    engine.containers = SimpleNamespace(run=gone, get=gone, list=gone)
    engine.images = SimpleNamespace(get=gone, pull=gone)

    for call in (
        lambda: containers.image_id("m:1"), lambda: containers.pull("m:1", {}), lambda: containers.find(name),
        lambda: containers.start("app", BODY, {}), lambda: containers.keep(name), containers.names,
        lambda: containers.remove(name, 0), lambda: list(containers.logs(name)),
    ):  # fmt: skip
        with pytest.raises(PlatformUnavailable, match=r"does not do what it is asked \(engine gone\)"):
            call()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), docker.errors.APIError("no", explanation="no room")])
def test_one_that_was_made_but_not_told_is_taken_away(containers, engine, error):
    def interrupted(image: str, command, **options) -> None:
        engine._run(image, command, **options)
        raise error

    engine.containers.run = interrupted
    with pytest.raises((KeyboardInterrupt, ApplyFailed)):
        containers.start("app", BODY, {})

    assert made(engine).done == [("stop", 0), "remove"]
