from contextlib import ExitStack

import pytest

from infra.platforms import local_emulators as module
from infra.platforms.local_control import EMULATORS
from infra.platforms.local_daemon import Daemon
from infra.platforms.local_emulators import started
from infra.platforms.local_folder import DeploymentFolder

BUS = {"UserConfig": {"Namespaces": [{"Name": "sbemulatorns", "Queues": [{"Name": "in"}], "Topics": []}]}}


class FakeAzurite:
    """Listens nowhere."""

    def __init__(self, folder, *, ports=None) -> None:
        self.folder, self.given = folder, ports
        self.ports = ports or {"Blob": 1, "Queue": 2, "Table": 3}
        self.connection_string = f"BlobEndpoint=http://127.0.0.1:{self.ports['Blob']}"

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to stop."""


def test_azurite_comes_back_at_its_ports(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(module, "Azurite", lambda *a, **k: made.append(FakeAzurite(*a, **k)) or made[-1])

    for _ in range(2):
        with ExitStack() as parts:
            found = started(tmp_path, {"storage": True, "service_bus": {}}, parts)

    assert found == {"storage": "BlobEndpoint=http://127.0.0.1:1"}
    assert [each.given for each in made] == [None, {"Blob": 1, "Queue": 2, "Table": 3}]
    assert made[0].folder == tmp_path / "azurite"


@pytest.mark.process
def test_the_process_keeps_a_service_bus(tmp_path):
    DeploymentFolder(tmp_path).save({"emulators": {"storage": False, "service_bus": BUS}})
    daemon = Daemon(EMULATORS, tmp_path)

    found = daemon.start()
    daemon.stop()
    again = daemon.start()
    daemon.stop()

    assert found["service_bus"].startswith("Endpoint=sb://127.0.0.1:")
    assert found["service_bus"] == again["service_bus"]
    assert found["wanted"]["storage"] is False
