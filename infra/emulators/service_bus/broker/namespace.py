"""A whole namespace: its entities by path, and its time."""

from datetime import datetime

from infra.emulators.service_bus.broker.bus import Bus
from infra.emulators.service_bus.broker.config import NamespaceConfig
from infra.emulators.service_bus.broker.contract import Clock, Journal
from infra.emulators.service_bus.broker.errors import EntityNotFound
from infra.emulators.service_bus.broker.journal import NoJournal
from infra.emulators.service_bus.broker.queue import OwningQueue, Queue
from infra.emulators.service_bus.broker.topic import Topic


class Namespace:
    """Queues, topics and subscriptions as configured; with a journal, also what they held before."""

    def __init__(self, config: NamespaceConfig, *, clock: Clock, journal: Journal | None = None) -> None:
        self.config = config
        self._journal = journal or NoJournal()
        self._bus = Bus(
            clock=clock,
            journal=self._journal,
            find=self.entity,
            max_message_bytes=config.max_message_bytes,
            max_entity_bytes=config.max_entity_bytes,
        )
        self._entities: dict[str, Queue | Topic] = {}
        for queue in config.queues:
            self._add_queue(OwningQueue(queue, queue.name, self._bus))
        for topic in config.topics:
            self._add_topic(Topic(topic, self._bus))
        for entity in list(self._entities.values()):
            entity.restore()
        self.tick()

    def entity(self, path: str) -> Queue | Topic:
        """By a path like `q`, `t`, `t/Subscriptions/s`, or one of a queue or subscription with `/$DeadLetterQueue`.

        Case does not matter. Raises EntityNotFound.
        """
        entity = self._entities.get(path.strip("/").lower())
        if entity is None:
            names = ", ".join(each.path for each in self._entities.values()) or "none"
            raise EntityNotFound(
                f"The messaging entity {path!r} could not be found. Namespace {self.config.name!r} has: {names}."
            )
        return entity

    def tick(self) -> None:
        """Lets happen what is due: ends of locks, sessions and messages, and beginnings of scheduled ones."""
        self._bus.advance()
        self._journal.commit()

    def next_tick(self) -> datetime | None:
        """When time next brings something; None while nothing waits for it."""
        return self._bus.alarms.next()

    def close(self) -> None:
        """Closes the journal."""
        self._journal.close()

    def _add_queue(self, queue: OwningQueue) -> None:
        self._entities[queue.path.lower()] = queue
        self._entities[queue.dead_letters.path.lower()] = queue.dead_letters

    def _add_topic(self, topic: Topic) -> None:
        self._entities[topic.path.lower()] = topic
        for subscription in topic.subscriptions:
            self._add_queue(subscription)
