"""triggers.azure_queues without an account; with one: tests/integration/test_queue_azurite.py"""

import pytest

from tests.contract.connections import account
from triggers.azure_queues import AzureQueues
from triggers.errors import ConnectionNotConfigured, SourceUnavailable


def test_what_is_no_connection_string_is_refused():
    with pytest.raises(ConnectionNotConfigured, match="'Store', which a test connects with, is no connection string"):
        AzureQueues(account("nonsense"))


@pytest.mark.real_time
async def test_an_account_that_is_not_there_is_unavailable():
    text = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:9/a;"
    queues = AzureQueues(account(text))
    with pytest.raises(SourceUnavailable, match="cannot be reached to send to queue 'work'"):
        await queues.send("work", "x")
    await queues.close()
