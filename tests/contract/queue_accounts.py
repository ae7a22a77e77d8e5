"""What every kind of storage queue must do."""

import uuid

import pytest

from triggers.errors import DeliveryLost
from triggers.queue_store import QueueStore


class QueueStoreContract:
    """`store` comes from the subclass."""

    @pytest.fixture
    def queue(self) -> str:
        return f"q-{uuid.uuid4().hex}"

    async def test_a_queue_that_is_not_there_is_empty(self, store: QueueStore, queue: str):
        assert list(await store.receive(queue, 32, hidden=60)) == []

    async def test_a_queue_may_be_made_twice(self, store: QueueStore, queue: str):
        await store.make_queue(queue)
        await store.make_queue(queue)
        assert list(await store.receive(queue, 32, hidden=60)) == []

    async def test_a_message_is_taken_once_while_it_is_hidden(self, store: QueueStore, queue: str):
        await store.send(queue, "<ü & ü>")
        (message,) = await store.receive(queue, 32, hidden=60)
        assert (message.text, message.dequeue_count) == ("<ü & ü>", 1)
        assert message.inserted < message.next_visible < message.expires
        assert list(await store.receive(queue, 32, hidden=60)) == []

    async def test_a_message_shown_again_keeps_its_text_and_counts(self, store: QueueStore, queue: str):
        await store.send(queue, "x")
        (message,) = await store.receive(queue, 1, hidden=60)
        later = await store.hide(queue, message, 120)
        assert later.next_visible > message.next_visible
        await store.hide(queue, later, 0)
        (again,) = await store.receive(queue, 1, hidden=60)
        assert (again.id, again.text, again.dequeue_count) == (message.id, "x", 2)

    async def test_an_old_claim_is_lost(self, store: QueueStore, queue: str):
        await store.send(queue, "x")
        (message,) = await store.receive(queue, 1, hidden=60)
        newer = await store.hide(queue, message, 60)
        with pytest.raises(DeliveryLost, match=message.id):
            await store.hide(queue, message, 60)
        with pytest.raises(DeliveryLost):
            await store.delete(queue, message)
        await store.delete(queue, newer)
        with pytest.raises(DeliveryLost):
            await store.delete(queue, newer)

    async def test_it_opens_again_after_close(self, store: QueueStore, queue: str):
        await store.send(queue, "x")
        await store.close()
        assert len(await store.receive(queue, 32, hidden=1)) == 1

    async def test_a_message_may_be_sent_hidden(self, store: QueueStore, queue: str):
        await store.send(queue, "later", hidden=120)
        await store.send(queue, "now")
        assert [one.text for one in await store.receive(queue, 32, hidden=60)] == ["now"]
        assert await store.count(queue) == 2

    async def test_a_hidden_message_may_get_another_text(self, store: QueueStore, queue: str):
        await store.send(queue, "old")
        (message,) = await store.receive(queue, 1, hidden=60)
        changed = await store.hide(queue, message, 0, text="new ü")
        assert (changed.id, changed.dequeue_count) == (message.id, 1)
        (again,) = await store.receive(queue, 1, hidden=60)
        assert (again.id, again.text, again.dequeue_count) == (message.id, "new ü", 2)
        with pytest.raises(DeliveryLost):
            await store.hide(queue, message, 60, text="too late")
        with pytest.raises(DeliveryLost):
            await store.delete(queue, changed)
        await store.delete(queue, again)
        assert await store.count(queue) == 0

    async def test_messages_come_in_the_order_in_which_they_were_sent(self, store: QueueStore, queue: str):
        for number in range(5):
            await store.send(queue, str(number))
        first = await store.receive(queue, 2, hidden=60)
        assert [one.text for one in first] == ["0", "1"]
        assert [one.text for one in await store.receive(queue, 32, hidden=60)] == ["2", "3", "4"]

    async def test_looking_takes_nothing(self, store: QueueStore, queue: str):
        assert list(await store.peek(queue, 32)) == []
        for text in ("hidden", "b", "c"):
            await store.send(queue, text)
        await store.receive(queue, 1, hidden=60)
        assert [(one.text, one.dequeue_count) for one in await store.peek(queue, 1)] == [("b", 0)]
        assert [one.text for one in await store.receive(queue, 32, hidden=60)] == ["b", "c"]

    async def test_the_count_has_hidden_messages_too(self, store: QueueStore, queue: str):
        assert await store.count(queue) == 0
        for _ in range(3):
            await store.send(queue, "x")
        (message,) = await store.receive(queue, 1, hidden=60)
        assert await store.count(queue) == 3
        await store.delete(queue, message)
        assert await store.count(queue) == 2
