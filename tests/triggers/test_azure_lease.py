"""triggers.azure_lease; tests/integration/test_timer_azurite.py runs it on a real account"""

import pytest

from tests.contract.connections import account
from triggers.azure_blobs import blob_service
from triggers.azure_lease import AzureLease
from triggers.errors import SourceUnavailable

# A port of the loopback that nobody listens on.
NOWHERE = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:9/a;"


@pytest.mark.real_time
async def test_an_account_that_is_not_there_is_unavailable():
    lease = AzureLease(blob_service(account(NOWHERE)), "hosts", "locks/x")
    with pytest.raises(SourceUnavailable, match="cannot be reached to take the lease 'locks/x'"):
        await lease.acquire()
    assert not await lease.renew()
    await lease.release()
    await lease.close()
