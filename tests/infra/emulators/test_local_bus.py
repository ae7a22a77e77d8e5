from pathlib import Path

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage

from infra.bus_entities import namespace_of
from infra.emulators import LocalBus
from infra.errors import EmulatorUnavailable
from triggers import Binding

pytestmark = pytest.mark.service_bus

CONFIG = namespace_of([Binding(type="serviceBus", name="m", direction="OUT", options={"queueName": "q"})])


def client(bus: LocalBus) -> ServiceBusClient:
    return ServiceBusClient.from_connection_string(bus.connection_string)


def test_messages_in_a_folder_outlive_a_kill(tmp_path: Path) -> None:
    with LocalBus(CONFIG, tmp_path / "data") as bus:
        address = bus.connection_string
        with client(bus) as connected, connected.get_queue_sender("q") as sender:
            sender.send_messages(ServiceBusMessage(b"kept"))
        bus.kill()
        bus.start()
        assert bus.connection_string == address
        with client(bus) as connected, connected.get_queue_receiver("q") as receiver:
            assert [str(message) for message in receiver.peek_messages()] == ["kept"]
    assert bus.connection_string == ""


def test_a_config_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    config = tmp_path / "Config.json"
    config.write_text('{"UserConfig": {}}')

    with pytest.raises(EmulatorUnavailable, match=r"(?s)ended at once; it said:.*Namespaces"):
        LocalBus(config).start()


def test_one_that_is_never_ready_is_given_up() -> None:
    bus = LocalBus(CONFIG, patience=0.0)

    with pytest.raises(EmulatorUnavailable, match="was not ready within 0 seconds"):
        bus.start()
    bus.stop()
