"""infra.emulators.service_bus.broker.journal"""

from infra.emulators.service_bus.broker.config import QueueConfig
from infra.emulators.service_bus.broker.contract import Saved
from infra.emulators.service_bus.broker.journal import NoJournal
from tests.infra.emulators.service_bus.broker.world import message, queue, world


def test_nothing_is_kept() -> None:
    journal = NoJournal()
    before, _ = world(QueueConfig(name="q"), journal=journal)
    queue(before, "q").send([message("a")])
    before.close()
    after, _ = world(QueueConfig(name="q"), journal=journal)

    assert queue(after, "q").peek() == []
    assert journal.load("q") == Saved()
