from types import SimpleNamespace

import pytest

from infra.errors import NeverReady, PlatformUnavailable
from infra.platforms import local_rollout as module
from infra.platforms.local_folder import DeploymentFolder
from infra.platforms.local_rollout import Rollout
from tests.support.local_containers import BODY, FRONT, ThreadContainers


@pytest.fixture
def rollout(tmp_path, monkeypatch):
    """Without a front; what it would have been told is in `told`."""
    folder, containers, told = DeploymentFolder(tmp_path), ThreadContainers(), []
    front = SimpleNamespace(details=lambda: {"pid": 1}, stop=lambda: told.append("stop"))
    monkeypatch.setattr(module, "reload", lambda _, patience: told.append(sorted(containers.running)) or 2)
    folder.save({"front": FRONT})
    lines: list[str] = []
    made = Rollout("app", folder, containers, front, log=lines.append)
    yield SimpleNamespace(rollout=made, folder=folder, containers=containers, told=told, lines=lines)
    for name in containers.names():
        containers.remove(name, 0)


def test_the_old_one_is_there_until_the_front_has_switched(rollout):
    rollout.rollout.replace(BODY)
    rollout.rollout.replace({**BODY, "image": "m:2"})

    assert rollout.told == [["app-0"], ["app-0", "app-1"]]
    assert rollout.containers.names() == ["app-1"]
    assert "2 requests took longer than 230 seconds and are cut off" in rollout.lines


def test_one_that_fails_first_takes_the_front_with_it(rollout):
    with pytest.raises(NeverReady):
        rollout.rollout.replace({**BODY, "image": "broken:1"})

    assert rollout.told == ["stop"]
    assert rollout.folder.state()["last_lines"] == ["app-0 says so"]


def test_the_registry_is_told_who_pulls(rollout, monkeypatch):
    monkeypatch.setenv("PASSWORD_OF_MINE", "p")
    login = {"server": "r", "username": "me", "password": {"secret": "PASSWORD_OF_MINE"}}

    rollout.rollout.replace({**BODY, "registry": login})

    assert rollout.containers.pulled == [{"username": "me", "password": "p"}]


def test_an_engine_that_goes_away_hides_nothing(rollout, monkeypatch):
    def gone(*_: object) -> None:
        raise PlatformUnavailable("no engine")

    monkeypatch.setattr(rollout.containers, "remove", gone)
    with pytest.raises(NeverReady):
        rollout.rollout.replace({**BODY, "image": "broken:1"})
    monkeypatch.undo()

    assert "exit code 3" in rollout.folder.state()["failure"]


def test_one_that_cannot_be_kept_is_taken_away(rollout, monkeypatch):
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rollout.containers, "keep", interrupted)
    monkeypatch.setattr(module, "reload", lambda _, patience: 0)
    with pytest.raises(KeyboardInterrupt):
        rollout.rollout.replace(BODY)

    assert rollout.containers.names() == []
    assert rollout.folder.state()["failure"] == "The deployment was interrupted (KeyboardInterrupt); deploy again."
