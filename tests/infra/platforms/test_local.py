import os
import signal
import socket
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra.contract import DeploymentSpec, Manifest
from infra.errors import ApplyFailed, InvalidDeployment, NeverReady, PlatformUnavailable
from infra.platforms import local as module
from infra.platforms.local import LocalPlatform, open_platform
from tests.support.deployments import image
from tests.support.local_containers import BODY, FRONT, ThreadContainers


@pytest.fixture
def place(tmp_path):
    """A deployment without an engine, whose front is a real process."""
    lines: list[str] = []
    containers = ThreadContainers()
    platform = LocalPlatform("app", tmp_path / "place", containers, log=lines.append)
    yield SimpleNamespace(platform=platform, containers=containers, lines=lines, folder=tmp_path / "place")
    platform.remove()
    assert containers.running == {}


def documents(port: int = 0, **changed: object) -> list[Manifest]:
    return [
        Manifest(kind="front", name="app", body={**FRONT, "port": port}),
        Manifest(kind="container", name="app", body={**BODY, **changed}),
    ]


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def actions(place, wanted: list[Manifest]) -> list[str]:
    return [each.action for each in place.platform.diff(wanted)]


@pytest.mark.process
def test_a_life(place):
    assert place.platform.status() is None
    assert actions(place, documents()) == ["create", "create"]
    found = place.platform.apply(documents())
    assert (found.state, found.image, read(found.url)) == ("running", "m:1", "m:1")
    assert actions(place, documents()) == ["none", "none"]
    assert place.platform.apply(documents()) == found
    assert place.containers.kept == ["app-0"]
    (_, change) = place.platform.diff(documents(image="m:2", environment={"WEBSITE_SITE_NAME": "app", "A": "1"}))
    assert change.details == ("image: 'm:1' -> 'm:2'", "setting A: added")

    updated = place.platform.apply(documents(image="m:2"))

    assert (updated.url, read(updated.url)) == (found.url, "m:2")
    assert [*place.containers.running] == ["app-1"]
    assert list(place.platform.logs()) == ["app-1 says so"]
    assert list(place.platform.remove()) == ["front/app", "container/app"]
    assert place.platform.status() is None
    assert place.platform.remove() == []
    assert [*place.folder.parent.iterdir()] == []


@pytest.mark.process
def test_what_cannot_answer_is_taken_away_again(place):
    found = place.platform.apply(documents())

    for name, said in (("broken:1", "exit code 3"), ("ill:1", r"within 1 seconds \(it said status 503\)")):
        with pytest.raises(NeverReady, match=said):
            place.platform.apply(documents(image=name))
    with pytest.raises(ApplyFailed, match="Image pull failed: gone:1"):
        place.platform.apply(documents(image="gone:1"))

    assert read(found.url) == "m:1"
    assert [*place.containers.running] == ["app-0"]
    assert "Image pull failed" in place.platform.status().details["reason"]


@pytest.mark.process
def test_a_first_one_that_fails_leaves_its_last_lines(place):
    with pytest.raises(NeverReady):
        place.platform.apply(documents(image="broken:1"))

    found = place.platform.status()
    assert (found.state, found.image) == ("failed", "")
    assert list(place.platform.logs()) == ["app-0 says so"]


@pytest.mark.process
def test_a_front_that_ended_is_started_again_at_its_port(place):
    found = place.platform.apply(documents())
    place.platform._front.stop()

    stopped = place.platform.status()
    change = place.platform.diff(documents())[0]
    again = place.platform.apply(documents())

    assert (stopped.state, stopped.details["front"]) == ("failed", "does not run; deploy again")
    assert change.details == ("state: 'ended' -> 'running'",)
    assert (again.url, read(again.url)) == (found.url, "m:1")
    assert place.containers.kept == ["app-0"]


@pytest.mark.process
def test_a_container_that_nobody_uses_is_taken_away(place):
    place.platform.apply(documents())
    place.containers.start("left", BODY, {})

    place.platform.apply(documents())

    assert [*place.containers.running] == ["app-0"]
    assert "Removing the container left-1, which nobody uses" in place.lines


@pytest.mark.process
def test_a_secret_is_read_where_it_is_and_kept_nowhere(place, monkeypatch):
    wanted = documents(environment={"KEY": {"secret": "THE_KEY"}, "AT": {"front": "address"}})
    monkeypatch.delenv("THE_KEY", raising=False)
    with pytest.raises(InvalidDeployment, match="environment variable THE_KEY"):
        place.platform.apply(wanted)
    monkeypatch.setenv("THE_KEY", "hunter2")

    found = place.platform.apply(wanted)

    assert place.containers.environments["app-0"] == {"KEY": "hunter2", "AT": found.url.removeprefix("http://")}
    assert "hunter2" not in (place.folder / "state.json").read_text()
    monkeypatch.setenv("THE_KEY", "hunter3")
    assert place.platform.diff(wanted)[1].details == ("setting KEY: changed",)


def test_where_a_deployment_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKAGER_DEPLOYMENTS", str(tmp_path))
    monkeypatch.setattr(module, "Containers", lambda folder, log: SimpleNamespace(folder=folder))
    spec = DeploymentSpec(name="app", target="local", image=image())

    assert open_platform(spec, log=print)._folder.path == tmp_path / "app"
    named = DeploymentSpec(
        name="app", target="local", image=image(), options=SimpleNamespace(folder=str(tmp_path / "x"))
    )
    assert open_platform(named, log=print)._folder.path == Path(tmp_path / "x")


@pytest.mark.parametrize("name", ["../victim", ".", "a/b", ""])
def test_a_name_is_checked_whatever_is_done(name, tmp_path, monkeypatch):
    monkeypatch.setenv("PACKAGER_DEPLOYMENTS", str(tmp_path))

    with pytest.raises(InvalidDeployment, match="cannot be used"):
        open_platform(DeploymentSpec(name=name, target="local", image=image()), log=print)


def test_a_folder_of_others_is_left_alone(place):
    place.folder.mkdir()
    (place.folder / "state.json").write_text('{"of": "others"}')

    for call in (lambda: place.platform.apply(documents()), place.platform.remove):
        with pytest.raises(InvalidDeployment, match="something else"):
            call()
    assert place.platform.status() is None
    assert [each.name for each in place.folder.iterdir()] == ["state.json"]
    (place.folder / "state.json").unlink()


@pytest.mark.process
def test_a_port_that_is_taken_changes_nothing(place):
    found = place.platform.apply(documents())
    other = socket.create_server(("127.0.0.1", 0))
    with other, pytest.raises(PlatformUnavailable, match="cannot be used"):
        place.platform.apply(documents(other.getsockname()[1]))

    assert read(found.url) == "m:1"
    assert place.platform.status() == found
    with socket.create_server(("127.0.0.1", 0)) as other:
        free = other.getsockname()[1]
    assert place.platform.apply(documents(free)).url == f"http://127.0.0.1:{free}"


@pytest.mark.process
def test_a_front_that_cannot_move_is_back_where_it_was(place, monkeypatch):
    found = place.platform.apply(documents())
    monkeypatch.setattr(module, "_refuse_taken", lambda _: None)
    other = socket.create_server(("127.0.0.1", 0))
    with other, pytest.raises(PlatformUnavailable, match="cannot listen"):
        place.platform.apply(documents(other.getsockname()[1]))

    assert (place.platform.status(), read(found.url)) == (found, "m:1")


@pytest.mark.process
def test_an_interrupted_first_one_leaves_no_front(place, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(place.containers, "pull", interrupted)
    with pytest.raises(KeyboardInterrupt):
        place.platform.apply(documents())

    found = place.platform.status()
    assert not place.platform._front.runs()
    assert found.details["reason"] == "The deployment was interrupted (KeyboardInterrupt); deploy again."


def test_one_that_ends_before_its_port_is_known_has_no_address(place, monkeypatch):
    def gone(**_: object) -> None:
        raise PlatformUnavailable("No.")

    monkeypatch.setattr(place.platform._front, "start", gone)
    with pytest.raises(PlatformUnavailable):
        place.platform.apply(documents())

    found = place.platform.status()
    assert (found.state, found.url, found.details["reason"]) == ("failed", "", "No.")


@pytest.mark.process
def test_a_front_that_is_killed_during_an_update_is_started_again(place, monkeypatch):
    found = place.platform.apply(documents())
    keep = place.containers.keep

    def kill(container: str) -> None:
        keep(container)
        pid = place.platform._front.details()["pid"]
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    monkeypatch.setattr(place.containers, "keep", kill)

    updated = place.platform.apply(documents(image="m:2"))

    assert (updated.url, read(updated.url)) == (found.url, "m:2")


@pytest.mark.process
def test_a_reason_goes_with_the_next_success(place):
    place.platform.apply(documents())
    with pytest.raises(ApplyFailed):
        place.platform.apply(documents(image="gone:1"))

    assert "reason" not in place.platform.apply(documents()).details


@pytest.mark.process
def test_what_is_damaged_can_be_taken_away(place):
    place.platform.apply(documents())
    (place.folder / "state.json").write_text("{")

    with pytest.raises(PlatformUnavailable, match="is damaged"):
        place.platform.status()
    assert list(place.platform.remove()) == ["front/app", "container/app"]
    assert not place.folder.exists()


@pytest.mark.process
def test_the_front_has_no_secrets(place, monkeypatch):
    monkeypatch.setenv("THE_KEY", "hunter2")
    place.platform.apply(documents(environment={"KEY": {"secret": "THE_KEY"}}))

    pid = place.platform._front.details()["pid"]
    assert b"hunter2" not in Path(f"/proc/{pid}/environ").read_bytes()
