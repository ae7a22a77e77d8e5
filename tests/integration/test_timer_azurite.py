"""The lease and the status of a timer on a real Azurite."""

import uuid
from datetime import UTC, datetime

import pytest
from azure.storage.blob.aio import BlobServiceClient

from tests.contract.connections import account
from triggers.azure_blobs import AzureBlobs, blob_service
from triggers.azure_lease import AzureLease
from triggers.timer_status import BlobStatuses, TimerStatus

pytestmark = pytest.mark.azurite


async def test_a_lease_has_one_holder_until_it_is_given_back_or_broken(azurite):
    container, name = f"c-{uuid.uuid4().hex}", "locks/h/Host.Functions.f.Listener"
    one, other = (AzureLease(blob_service(account(azurite.connection_string)), container, name) for _ in range(2))
    assert await one.acquire()
    assert not await other.acquire()
    assert await one.renew()
    await one.release()
    assert await other.acquire()
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as client:
        blob = client.get_blob_client(container, name)
        await (await _lease_of(blob)).break_lease(lease_break_period=0)
    assert await one.acquire()
    assert not await other.renew()
    await other.release()
    for lease in (one, other):
        await lease.release()
        await lease.close()


async def _lease_of(blob):
    from azure.storage.blob.aio import BlobLeaseClient

    return BlobLeaseClient(blob)


async def test_a_status_is_read_as_it_was_written(azurite):
    blobs = AzureBlobs(blob_service(account(azurite.connection_string)))
    statuses = BlobStatuses(blobs, host_id=uuid.uuid4().hex, function="f", zone=UTC)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert await statuses.read() is None
    await statuses.write(TimerStatus(last=None, next=moment, updated=moment))
    await statuses.write(TimerStatus(last=moment, next=moment, updated=moment))
    assert await statuses.read() == TimerStatus(last=moment, next=moment, updated=moment)
    await statuses.close()
