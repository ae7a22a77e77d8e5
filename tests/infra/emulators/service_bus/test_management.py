import pytest

from infra.emulators.service_bus.broker.config import NamespaceConfig
from tests.support.bus_desk import BusDesk


@pytest.fixture
def bus() -> BusDesk:
    return BusDesk(NamespaceConfig.of(queues=["q"], topics={"t": ["s"]}))


def test_an_answer_belongs_to_its_request_and_the_alarm_is_told(bus) -> None:
    assert bus.ask("q", "peek-message", from_sequence_number=1, message_count=1) == (204, {})
    assert bus.touches == 1


@pytest.mark.parametrize(
    ("path", "operation"),
    [("q", "unknown"), ("q", "add-rule"), ("t", "peek-message"), ("t", "renew-session-lock")],
)
def test_an_operation_that_the_entity_does_not_have(bus, path, operation) -> None:
    assert bus.ask(path, operation) == (501, "amqp:not-implemented")


def test_a_request_without_an_operation(bus) -> None:
    assert bus.ask_plainly("q", None, {}) == (400, "com.microsoft:argument-error")


def test_a_field_that_is_missing(bus) -> None:
    assert bus.ask("q", "peek-message") == (400, "com.microsoft:argument-error")


def test_a_refusal_of_the_broker_has_its_status(bus) -> None:
    found = bus.ask("q", "cancel-scheduled-message", sequence_numbers=[7])
    assert found == (404, "com.microsoft:message-not-found")
    assert bus.touches == 0
