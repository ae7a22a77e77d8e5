import asyncio
import os
import signal
import urllib.error
import urllib.request

import docker
import pytest

from infra.errors import PlatformUnavailable
from infra.platforms import local_front as module
from infra.platforms.local_control import FRONT as MODULE
from infra.platforms.local_control import reload
from infra.platforms.local_daemon import Daemon
from infra.platforms.local_folder import DeploymentFolder, read_document
from infra.platforms.local_front import Front
from packager.errors import EngineUnavailable
from tests.support.local_containers import FRONT, ThreadContainers


@pytest.fixture
def container():
    containers = ThreadContainers()
    yield containers.start("app", {"image": "m:1"}, {})
    containers.remove("app-0", 0)


def read(port: int) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


async def test_it_serves_what_the_state_says_until_it_is_told_to_stop(tmp_path, container):
    folder = DeploymentFolder(tmp_path)
    state = {"port": 0, "front": {**FRONT, "health_check_path": "/"}}
    folder.save(state)
    serving = asyncio.create_task(Front(folder).run())
    file = tmp_path / "local_front.json"
    while not file.exists():  # noqa: ASYNC110 - nobody tells when a file is there
        await asyncio.sleep(0.005)
    details = read_document(file)

    before = await asyncio.to_thread(read, details["port"])
    folder.save({**state, "current": {"container": "app-0", "address": container.addresses[0]}})
    left = await asyncio.to_thread(reload, details, patience=5)
    after = await asyncio.to_thread(read, details["port"])
    with pytest.raises(PlatformUnavailable, match="token"):
        await asyncio.to_thread(reload, {**details, "token": "guessed"}, patience=5)
    os.kill(os.getpid(), signal.SIGTERM)
    await serving

    assert (before[0], left, after) == (503, 0, (200, "m:1"))


@pytest.mark.process
def test_a_port_that_is_taken_is_told(tmp_path, container):
    port = int(container.addresses[0].rpartition(":")[2])
    DeploymentFolder(tmp_path).save({"port": port, "front": FRONT})

    with pytest.raises(PlatformUnavailable, match=r"The front cannot listen: .*address already in use"):
        Daemon(MODULE, tmp_path).start()


def test_a_container_is_started_again_by_the_engine(monkeypatch):
    done = []

    class Engine:
        def __init__(self) -> None:
            self.containers = self

        def get(self, name: str) -> "Engine":
            if name != "app-0":
                raise docker.errors.NotFound(name)
            return self

        def restart(self, timeout: int) -> None:
            done.append(timeout)

        def close(self) -> None:
            done.append("closed")

    monkeypatch.setattr(module, "connect", Engine)

    module._restart_container("app-0")
    module._restart_container("gone")

    assert done == [10, "closed", "closed"]


@pytest.mark.parametrize("error", [EngineUnavailable("no engine"), ConnectionError("gone")])
def test_an_engine_that_is_gone_is_no_end(monkeypatch, caplog, error):
    def gone() -> None:
        raise error

    monkeypatch.setattr(module, "connect", gone)

    module._restart_container("app-0")

    assert "app-0 cannot be started again" in caplog.text


async def test_a_watch_that_ended_breaks_no_update(tmp_path):
    async def broken() -> None:
        raise ValueError

    DeploymentFolder(tmp_path).save({"front": FRONT})
    front = Front(DeploymentFolder(tmp_path))
    front._watching = asyncio.create_task(broken())

    await front._watch_no_more()

    assert front._watching is None
