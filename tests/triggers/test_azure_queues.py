"""triggers.azure_queues without an account; with one: tests/integration/test_queue_azurite.py"""

import pytest

from triggers.azure_queues import AzureQueues


def test_what_is_no_connection_string_is_refused():
    with pytest.raises(ValueError, match="string"):
        AzureQueues.from_connection_string("nonsense")


async def test_a_token_credential_is_closed_with_the_connection():
    class Credential:
        closed = False

        async def get_token(self, *scopes, **options):
            raise AssertionError("Nothing is sent.")

        async def close(self):
            self.closed = True

    credential = Credential()
    await AzureQueues.from_url("https://acc.queue.core.windows.net", credential).close()
    assert credential.closed
