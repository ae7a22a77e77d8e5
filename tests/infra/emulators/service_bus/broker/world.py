"""A namespace whose time the test moves."""

from datetime import timedelta

from infra.emulators.service_bus.broker.clock import ManualClock
from infra.emulators.service_bus.broker.config import NamespaceConfig, QueueConfig
from infra.emulators.service_bus.broker.contract import Journal, Locked, Receiver, SessionRequest
from infra.emulators.service_bus.broker.namespace import Namespace
from infra.emulators.service_bus.broker.queue import Queue
from infra.emulators.service_bus.message import Message, Properties

SECOND = timedelta(seconds=1)


def message(text: str = "", *, id_: object = None, session: str | None = None, ttl: float | None = None, **properties):
    """A message whose body is `text` as it is."""
    return Message(
        body=text.encode(),
        ttl=ttl,
        properties=Properties(message_id=id_, group_id=session),
        application_properties=properties,
        size=len(text),
    )


def world(*queues: QueueConfig, journal: Journal | None = None, **config) -> tuple[Namespace, ManualClock]:
    clock = ManualClock()
    return Namespace(NamespaceConfig(queues=queues, **config), clock=clock, journal=journal), clock


def one_queue(**config) -> tuple[Queue, ManualClock]:
    namespace, clock = world(QueueConfig(name="q", **config))
    return queue(namespace, "q"), clock


def queue(namespace: Namespace, path: str) -> Queue:
    entity = namespace.entity(path)
    assert isinstance(entity, Queue)
    return entity


def receiver(of: Queue, *, session: SessionRequest | None = None, mode="peek_lock", wake=lambda: None) -> Receiver:
    return of.open_receiver(mode=mode, session=session, wake=wake)


def taken(of: Receiver) -> Locked:
    got = of.take()
    assert got is not None
    return got


def bodies(messages) -> list[str]:
    return [each.message.body.decode() for each in messages]


def everything(of: Receiver) -> list[str]:
    """The bodies of all that it gives."""
    return bodies(iter(of.take, None))
