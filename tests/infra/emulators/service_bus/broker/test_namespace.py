"""infra.emulators.service_bus.broker.namespace"""

import pytest

from infra.emulators.service_bus.broker.clock import ManualClock
from infra.emulators.service_bus.broker.config import NamespaceConfig, QueueConfig
from infra.emulators.service_bus.broker.errors import EntityNotFound
from infra.emulators.service_bus.broker.namespace import Namespace
from tests.infra.emulators.service_bus.broker.world import SECOND, message, queue, receiver, taken, world


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("In", "in"),
        ("/in/", "in"),
        ("in/$deadletterqueue", "in/$DeadLetterQueue"),
        ("NEWS", "news"),
        ("news/subscriptions/ME", "news/Subscriptions/me"),
        ("news/Subscriptions/me/$DeadLetterQueue", "news/Subscriptions/me/$DeadLetterQueue"),
    ],
)
def test_entities_are_found_by_path(asked, path) -> None:
    namespace = Namespace(NamespaceConfig.of(queues=["in"], topics={"news": ["me"]}), clock=ManualClock())

    assert namespace.entity(asked).path == path


@pytest.mark.parametrize("path", ["out", "news/me", "news/$DeadLetterQueue", "in/Subscriptions/x", ""])
def test_others_are_not_found(path) -> None:
    namespace = Namespace(NamespaceConfig.of(queues=["in"], topics={"news": ["me"]}), clock=ManualClock())

    with pytest.raises(EntityNotFound, match="has: in, in/") as raised:
        namespace.entity(path)
    assert raised.value.condition == "amqp:not-found"


def test_the_next_tick_is_the_first_thing_that_time_brings() -> None:
    namespace, clock = world(QueueConfig(name="a", default_ttl=60 * SECOND), QueueConfig(name="b"))
    assert namespace.next_tick() is None
    a, b = queue(namespace, "a"), queue(namespace, "b")
    a.send([message()])
    assert namespace.next_tick() == clock.now() + 60 * SECOND
    at = clock.now() + 5 * SECOND
    b.schedule([(message(), at)])
    assert namespace.next_tick() == at

    clock.advance(5)
    woken: list[str] = []
    receiver(b, wake=lambda: woken.append("x"))
    b.schedule([(message(), clock.now() + SECOND)])
    clock.advance(1)
    namespace.tick()
    assert woken == ["x"]


def test_nothing_waits_for_time_when_all_is_settled() -> None:
    namespace, _ = world(QueueConfig(name="a"))
    a = queue(namespace, "a")
    a.send([message()])
    a.complete(taken(receiver(a)).lock_token)

    assert namespace.next_tick() is None
