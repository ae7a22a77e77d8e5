"""Topics, which keep nothing but scheduled messages, and the subscriptions that they fill."""

from collections.abc import Sequence
from dataclasses import replace

from infra.emulators.service_bus.broker.bus import NOWHERE, Bus, Origin
from infra.emulators.service_bus.broker.config import RuleConfig, SubscriptionConfig, TopicConfig
from infra.emulators.service_bus.broker.duplicates import Duplicates
from infra.emulators.service_bus.broker.entity import Entity
from infra.emulators.service_bus.broker.errors import OperationNotAllowed
from infra.emulators.service_bus.broker.queue import OwningQueue
from infra.emulators.service_bus.broker.rules import Rules
from infra.emulators.service_bus.message import Message


class Subscription(OwningQueue):
    """A queue that gets copies of the topic's messages that match its rules."""

    def __init__(self, config: SubscriptionConfig, path: str, bus: Bus) -> None:
        super().__init__(config, path, bus)
        self._rules = Rules(config.rules)

    @property
    def rules(self) -> tuple[RuleConfig, ...]:
        return self._rules.configs

    def add_rule(self, rule: RuleConfig) -> None:
        """From now on, until the namespace ends. Raises InvalidRule, RuleExists."""
        self._rules.add(rule)

    def remove_rule(self, name: str) -> None:
        """From now on, until the namespace ends. Raises RuleNotFound."""
        self._rules.remove(name)

    def offer(self, message: Message) -> None:
        """Takes as many copies as the rules make. One without the session that it needs is a dead letter."""
        for copy in self._rules.copies(message):
            self._deliver(copy, NOWHERE)

    def _check(self, messages: Sequence[Message]) -> None:
        raise OperationNotAllowed(f"{self.path!r} is a subscription; send to its topic.")


class Topic(Entity):
    """Hands every message to its subscriptions. A message that matches none is gone."""

    def __init__(self, config: TopicConfig, bus: Bus) -> None:
        saved = bus.journal.load(config.name)
        duplicates = Duplicates(config.name, config.duplicate_window, bus.journal, saved)
        super().__init__(config.name, bus, saved, duplicates)
        self.config = config
        self.subscriptions = tuple(
            Subscription(
                replace(each, default_ttl=min(each.default_ttl, config.default_ttl)),
                f"{config.name}/Subscriptions/{each.name}",
                bus,
            )
            for each in config.subscriptions
        )

    @property
    def bytes(self) -> int:
        return self._store.bytes + sum(each.bytes for each in self.subscriptions)

    def _deliver(self, message: Message, origin: Origin) -> None:
        for each in self.subscriptions:
            each.offer(message)
