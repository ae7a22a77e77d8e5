"""A lease on an empty blob, under the names and with the rules of Azure's own host."""

import contextlib

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob.aio import BlobLeaseClient

from triggers.azure_blobs import BlobService, make_container
from triggers.azure_errors import translated
from triggers.lease import DEFAULT_LEASE_TIMES, LeaseTimes

_LOST = (409, 412, 404)


class AzureLease:
    """The lease of one blob, which is made when it is missing."""

    def __init__(
        self, service: BlobService, container: str, name: str, times: LeaseTimes = DEFAULT_LEASE_TIMES
    ) -> None:
        self.retry_every = times.retry_every
        # Two renewals in a row may fail before the lease runs out.
        self.renew_every = times.seconds / 3
        self._seconds = times.seconds
        self._service = service
        self._container = container
        self._name = name
        self._lease: BlobLeaseClient | None = None

    async def acquire(self) -> bool:
        lease = BlobLeaseClient(self._service.client.get_blob_client(self._container, self._name))
        with translated(f"take the lease {self._name!r}"):
            try:
                try:
                    await lease.acquire(lease_duration=self._seconds)
                except ResourceNotFoundError:
                    await self._make_blob()
                    await lease.acquire(lease_duration=self._seconds)
            except ResourceExistsError:
                return False
        self._lease = lease
        return True

    async def renew(self) -> bool:
        if self._lease is None:
            return False
        with translated(f"renew the lease {self._name!r}"):
            try:
                await self._lease.renew()
            except HttpResponseError as error:
                if error.status_code not in _LOST:
                    raise
                self._lease = None
        return self._lease is not None

    async def release(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            with (
                translated(f"give back the lease {self._name!r}"),
                contextlib.suppress(ResourceExistsError, ResourceModifiedError, ResourceNotFoundError),
            ):
                await lease.release()

    async def close(self) -> None:
        await self._service.close()

    async def _make_blob(self) -> None:
        await make_container(self._service, self._container)
        with contextlib.suppress(ResourceExistsError, ResourceModifiedError):
            await self._service.client.get_blob_client(self._container, self._name).upload_blob(b"")
