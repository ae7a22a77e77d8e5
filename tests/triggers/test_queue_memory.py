"""The suite of queues in memory; Azurite's run is in tests/integration."""

import pytest

from tests.contract.queue_accounts import QueueStoreContract
from triggers.errors import SourceUnavailable
from triggers.queue_memory import MemoryQueues


class TestMemoryQueues(QueueStoreContract):
    @pytest.fixture
    def store(self):
        return MemoryQueues()


async def test_it_can_be_made_unreachable():
    store = MemoryQueues()
    store.reachable = False
    with pytest.raises(SourceUnavailable, match="unreachable"):
        await store.send("abc", "x")
