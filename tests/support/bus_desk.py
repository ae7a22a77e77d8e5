"""A broker in memory and what its management node answers."""

from datetime import UTC, datetime
from typing import Any

from infra.emulators.service_bus.amqp.types import Described
from infra.emulators.service_bus.broker.clock import ManualClock
from infra.emulators.service_bus.broker.config import NamespaceConfig
from infra.emulators.service_bus.broker.namespace import Namespace
from infra.emulators.service_bus.management import Management
from infra.emulators.service_bus.message import Message, Properties, value_body, value_of
from infra.emulators.service_bus.receiving import Desk

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class BusDesk:
    """One namespace whose time stands still at noon."""

    def __init__(self, config: NamespaceConfig) -> None:
        self.clock = ManualClock(NOON)
        self.namespace = Namespace(config, clock=self.clock)
        self.touches = 0
        self.desk = Desk(receivers={}, touched=self._touch)

    def ask(self, path: str, operation: str, *, link: str | None = None, **fields: object) -> tuple[int, Any]:
        """The status, and the body or the reason; underscores in the names of fields stand for hyphens."""
        body: Any = {name.replace("_", "-"): value for name, value in fields.items()}
        return self.ask_plainly(path, f"com.microsoft:{operation}", body, link=link)

    def ask_plainly(self, path: str, operation: object, body: object, *, link: str | None = None) -> tuple[int, Any]:
        request = Message(
            body=value_body(body),
            properties=Properties(message_id="m1"),
            application_properties={"operation": operation, "associated-link-name": link},
        )
        answer = Management(self.namespace.entity(path), self.desk).answer(request)
        assert answer.properties.correlation_id == "m1"
        about = answer.application_properties
        status = about["statusCode"]
        assert isinstance(status, int)
        return status, about.get("errorCondition") if status >= 300 else value_of(answer)

    def send(self, path: str, *bodies: str, **properties: Any) -> None:
        self.namespace.entity(path).send([message(body, **properties) for body in bodies])

    def _touch(self) -> None:
        self.touches += 1


def message(text: str, **properties: Any) -> Message:
    body = value_body(text)
    return Message(body=body, properties=Properties(**properties), size=len(body))


def plain(value: object) -> object:
    """A described value without its descriptors."""
    if isinstance(value, Described):
        return plain(value.value)
    return [plain(each) for each in value] if isinstance(value, list) else value
