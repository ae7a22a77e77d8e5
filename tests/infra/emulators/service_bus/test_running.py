import threading

import pytest

from infra.emulators.service_bus import NamespaceConfig, ServiceBusEmulator, running
from infra.errors import EmulatorUnavailable

CONFIG = NamespaceConfig.of(queues=["q"])


def names() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def test_it_runs_in_a_thread_and_ends_with_it() -> None:
    with running(ServiceBusEmulator(config=CONFIG)) as emulator:
        assert emulator.connection_string.startswith("Endpoint=sb://127.0.0.1:")
        assert emulator.call(lambda _: threading.current_thread().name) == "service-bus-emulator"
        emulator.ring()

    assert "service-bus-emulator" not in names()


def test_what_a_call_raises_is_raised() -> None:
    with running(ServiceBusEmulator(config=CONFIG)) as emulator, pytest.raises(ZeroDivisionError):
        emulator.call(lambda _: 1 // 0)


def test_a_start_that_fails_leaves_no_thread() -> None:
    with running(ServiceBusEmulator(config=CONFIG)) as first:
        port = int(first.connection_string.partition(";")[0].rpartition(":")[2])
        with pytest.raises(EmulatorUnavailable), running(ServiceBusEmulator(config=CONFIG, port=port)):
            pass

    assert "service-bus-emulator" not in names()
