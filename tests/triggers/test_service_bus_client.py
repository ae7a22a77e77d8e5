import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from azure.servicebus.aio import ServiceBusClient

from infra.emulators.service_bus.broker.clock import ManualClock
from infra.emulators.service_bus.broker.config import NamespaceConfig, QueueConfig, SubscriptionConfig, TopicConfig
from infra.emulators.service_bus.emulator import ServiceBusEmulator
from triggers.connections import Connection
from triggers.errors import DeliveryLost, MessageRefused, SourceUnavailable
from triggers.service_bus_bus import Outgoing, Receiver, Sender
from triggers.service_bus_client import SdkSender, ServiceBus, Teller
from triggers.service_bus_entity import Entity
from triggers.service_bus_settings import Retry, ServiceBusSettings

pytestmark = pytest.mark.service_bus

CONFIG = NamespaceConfig(
    queues=(
        QueueConfig(name="q", lock_duration=timedelta(seconds=5)),
        QueueConfig(name="s", requires_session=True),
    ),
    topics=(TopicConfig(name="t", subscriptions=(SubscriptionConfig(name="s"),)),),
)
QUEUE = Entity(name="q")


def outgoing(number: int, body: bytes = b"x", session: str | None = None) -> Outgoing:
    return Outgoing(body=body, content_type="text/plain", message_id=str(number), session_id=session)


class Tidy(ServiceBus):
    """Closes what tests leave open: links belong to whoever asks for them."""

    def __init__(self, connection: Connection, settings: ServiceBusSettings) -> None:
        super().__init__(connection, settings)
        self.links: list[Receiver | Sender] = []

    def receiver(self, entity: Entity, *, prefetch: int = 0, session_wait: float | None = None) -> Receiver:
        self.links.append(made := super().receiver(entity, prefetch=prefetch, session_wait=session_wait))
        return made

    def sender(self, entity: Entity) -> Sender:
        self.links.append(made := super().sender(entity))
        return made

    async def close(self) -> None:
        await asyncio.gather(*(link.close() for link in self.links))
        await super().close()


def opened(text: str) -> ServiceBus:
    settings = ServiceBusSettings(retry=Retry(most=1, delay=0.001))
    return Tidy(Connection(setting="Bus", wanted_by="a test", text=text), settings)


@pytest.fixture
async def emulator():
    async with ServiceBusEmulator(config=CONFIG) as running:
        yield running


@pytest.fixture
async def bus(emulator):
    client = opened(emulator.connection_string)
    yield client
    await client.close()


async def test_messages_go_out_in_as_many_batches_as_they_need_and_come_back_in_order(bus):
    sender = bus.sender(QUEUE)
    await sender.send([outgoing(n, b"x" * 100_000) for n in range(5)])
    await sender.send([outgoing(5)])
    receiver = bus.receiver(QUEUE, prefetch=0, session_wait=None)
    assert await receiver.open()
    messages = await receiver.receive(6, timeout=2)
    assert [one.id for one in messages] == [str(n) for n in range(6)]
    assert receiver.session is None
    assert await receiver.renew_session() is None
    await receiver.renew(messages[0])
    await receiver.complete(messages[0])
    await receiver.abandon(messages[1])
    await receiver.dead_letter(messages[2], reason="Reason", description="why")
    with pytest.raises(DeliveryLost, match="queue 'q'"):
        await receiver.complete(messages[0])
    await receiver.close()
    dead = bus.receiver(Entity(name="q", is_dead_letter=True), prefetch=0, session_wait=None)
    await dead.open()
    (one,) = await dead.receive(1, timeout=2)
    assert (one.properties["DeadLetterReason"], one.properties["DeadLetterErrorDescription"]) == ("Reason", "why")


async def test_locks_end_by_the_services_clock_and_not_by_ours():
    clock = ManualClock(datetime.now(UTC) - timedelta(minutes=10))
    async with ServiceBusEmulator(config=CONFIG, clock=clock) as emulator:
        client = opened(emulator.connection_string)
        await client.sender(QUEUE).send([outgoing(n) for n in range(3)])
        receiver = client.receiver(QUEUE)
        await receiver.open()
        messages = await receiver.receive(3, timeout=2)
        await receiver.complete(messages[0])
        until = await receiver.renew(messages[1])
        assert until == messages[1].locked_until
        await receiver.complete(messages[1])
        clock.advance(6)
        with pytest.raises(DeliveryLost, match="queue 'q'"):
            await receiver.renew(messages[2])
        with pytest.raises(DeliveryLost, match="queue 'q'"):
            await receiver.complete(messages[2])
        await client.close()


async def test_many_messages_are_renewed_and_settled_at_once(bus):
    await bus.sender(QUEUE).send([outgoing(n) for n in range(40)])
    receiver = bus.receiver(QUEUE)
    await receiver.open()
    messages: list = []
    while len(messages) < 40:
        messages += await receiver.receive(40 - len(messages), timeout=2)
    renewing = [receiver.renew(message) for message in messages[:20]]
    await asyncio.gather(*renewing, *(receiver.complete(message) for message in messages[20:]))
    await asyncio.gather(*(receiver.complete(message) for message in messages[:20]))


async def test_messages_are_lost_with_the_link_that_brought_them(bus):
    await bus.sender(QUEUE).send([outgoing(1)])
    receiver = bus.receiver(QUEUE)
    await receiver.open()
    (message,) = await receiver.receive(1, timeout=2)
    await receiver.close()
    for settle in (receiver.renew, receiver.complete):
        with pytest.raises(DeliveryLost, match="The link to queue 'q' that brought a message was closed"):
            await settle(message)


async def test_a_topic_and_its_subscription(bus):
    await bus.sender(Entity(name="t", is_topic=True)).send([outgoing(1)])
    receiver = bus.receiver(Entity(name="t", subscription="s", is_topic=True), prefetch=5, session_wait=None)
    await receiver.open()
    assert len(await receiver.receive(1, timeout=2)) == 1


async def test_the_next_free_session(bus):
    none = bus.receiver(Entity(name="s"), prefetch=0, session_wait=0.2)
    assert not await none.open()
    await bus.sender(Entity(name="s")).send([outgoing(1, session="one")])
    receiver = bus.receiver(Entity(name="s"), prefetch=0, session_wait=1.0)
    assert await receiver.open()
    assert receiver.session == "one"
    (message,) = await receiver.receive(1, timeout=2)
    await receiver.renew(message)
    assert await receiver.renew_session() is not None


async def test_a_queue_that_is_not_there_is_named(bus):
    told = "There is no queue 'gone' of the Service Bus namespace '127.0.0.1:"
    with pytest.raises(SourceUnavailable, match=told):
        await bus.receiver(Entity(name="gone"), prefetch=0, session_wait=None).open()
    with pytest.raises(SourceUnavailable, match=told):
        await bus.sender(Entity(name="gone")).send([outgoing(1)])


async def test_a_message_that_is_too_large_is_refused(bus):
    with pytest.raises(MessageRefused, match="A message for queue 'q'"):
        await bus.sender(QUEUE).send([outgoing(1, b"x" * 300_000)])
    with pytest.raises(MessageRefused, match="A message for queue 'q'"):
        await bus.sender(QUEUE).send([*(outgoing(n, b"x" * 100_000) for n in range(4)), outgoing(5, b"x" * 300_000)])
    receiver = bus.receiver(QUEUE)
    await receiver.open()
    assert await receiver.receive(1, timeout=0.05) == []


async def test_a_message_that_has_to_pause_does_not_hold_up_the_others():
    told: list[str] = []

    class Away:
        async def send_messages(self, _: object) -> None:
            told.append("tried")
            raise OSError("away")

    sender = SdkSender(Away(), Teller(QUEUE, "host", "Bus"), [0.02])  # type: ignore[arg-type]
    sending = [asyncio.create_task(sender.send([outgoing(n)])) for n in range(20)]
    await asyncio.sleep(0.01)
    assert len(told) == 20
    for one in await asyncio.gather(*sending, return_exceptions=True):
        assert isinstance(one, SourceUnavailable)
    assert len(told) == 40


async def test_a_key_that_is_refused_names_the_setting():
    async with ServiceBusEmulator(config=CONFIG, key="right") as emulator:
        client = opened(emulator.connection_string.replace("SharedAccessKey=right", "SharedAccessKey=wrong"))
        with pytest.raises(SourceUnavailable, match="refuses the credential in the app setting 'Bus'"):
            await client.receiver(QUEUE, prefetch=0, session_wait=None).open()
        await client.close()


async def test_a_namespace_that_is_down_is_told_of_and_tried_again(emulator):
    client = opened(emulator.connection_string)
    await emulator.stop()
    with pytest.raises(SourceUnavailable, match=r"Queue 'q' of the Service Bus namespace .* cannot be used now"):
        await client.receiver(QUEUE, prefetch=0, session_wait=None).open()
    with pytest.raises(SourceUnavailable, match="cannot be used now"):
        await client.sender(QUEUE).send([outgoing(1)])
    await client.close()


async def test_an_identity_is_closed_with_its_client(monkeypatch):
    class Credential:
        is_closed = False

        async def close(self) -> None:
            self.is_closed = True

    credential = Credential()
    monkeypatch.setattr("triggers.service_bus_client.credential_maker", lambda _: lambda: credential)
    section = {"fullyqualifiednamespace": "x.servicebus.windows.net"}
    settings = ServiceBusSettings(over_websockets=True)
    client = ServiceBus(Connection(setting="Bus", wanted_by="t", section=section), settings)
    assert isinstance(client._client, ServiceBusClient)
    await client.close()
    assert credential.is_closed
