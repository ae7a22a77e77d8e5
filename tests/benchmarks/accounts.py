"""Storage accounts as the blob benchmark uses them: drop many blobs at once, count and read the answers."""

import asyncio
from pathlib import Path
from typing import Protocol

from azure.storage.blob.aio import BlobServiceClient

from tests.benchmarks import bare

_AT_ONCE = 32


class Account(Protocol):
    """One account with the containers `input` and `output`."""

    def drop(self, blobs: dict[str, bytes]) -> None: ...

    def answered(self, prefix: str) -> set[str]:
        """The names in `output` that begin with `prefix`."""
        ...

    def answers(self, names: set[str]) -> dict[str, bytes]: ...

    def bare(self, names: list[str]) -> float:
        """Seconds of a bare loop over the dropped blobs."""
        ...


class FolderAccount:
    """A local folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def drop(self, blobs: dict[str, bytes]) -> None:
        (self._root / "input").mkdir(exist_ok=True)
        for name, data in blobs.items():
            (self._root / "input" / name).write_bytes(data)

    def answered(self, prefix: str) -> set[str]:
        return {path.name for path in (self._root / "output").glob(f"{prefix}*")}

    def answers(self, names: set[str]) -> dict[str, bytes]:
        return {name: (self._root / "output" / name).read_bytes() for name in names}

    def bare(self, names: list[str]) -> float:
        return bare.folder(self._root, names)


class AzureAccount:
    """An account behind a connection string; `concurrency` is that of the bare loop."""

    def __init__(self, connection_string: str, concurrency: int) -> None:
        self._connection_string = connection_string
        self._concurrency = concurrency

    def drop(self, blobs: dict[str, bytes]) -> None:
        asyncio.run(self._upload(blobs))

    def answered(self, prefix: str) -> set[str]:
        return asyncio.run(self._list(prefix))

    def answers(self, names: set[str]) -> dict[str, bytes]:
        return asyncio.run(self._download(names))

    def bare(self, names: list[str]) -> float:
        return asyncio.run(bare.azure(self._connection_string, names, self._concurrency))

    def _client(self) -> BlobServiceClient:
        return BlobServiceClient.from_connection_string(self._connection_string)

    async def _upload(self, blobs: dict[str, bytes]) -> None:
        async with self._client() as client:
            container = client.get_container_client("input")
            if not await container.exists():
                await container.create_container()
            gate = asyncio.Semaphore(_AT_ONCE)

            async def upload(name: str, data: bytes) -> None:
                async with gate:
                    await container.upload_blob(name, data, overwrite=True)

            await asyncio.gather(*(upload(name, data) for name, data in blobs.items()))

    async def _list(self, prefix: str) -> set[str]:
        async with self._client() as client:
            container = client.get_container_client("output")
            if not await container.exists():
                return set()
            return {name async for name in container.list_blob_names(name_starts_with=prefix)}

    async def _download(self, names: set[str]) -> dict[str, bytes]:
        async with self._client() as client:
            container = client.get_container_client("output")
            gate = asyncio.Semaphore(_AT_ONCE)

            async def download(name: str) -> bytes:
                async with gate:
                    return await (await container.download_blob(name)).readall()

            ordered = list(names)
            return dict(zip(ordered, await asyncio.gather(*map(download, ordered)), strict=True))
