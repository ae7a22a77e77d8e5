"""The least that any blob trigger must do: read each input and write each output, nothing else."""

import asyncio
import time
from pathlib import Path

from azure.storage.blob.aio import BlobServiceClient


async def azure(connection_string: str, names: list[str], concurrency: int) -> float:
    """Seconds to download every `input/<name>` and upload it to `bare/<name>`, `concurrency` at a time."""
    async with BlobServiceClient.from_connection_string(connection_string) as client:
        source, target = client.get_container_client("input"), client.get_container_client("bare")
        if not await target.exists():
            await target.create_container()
        waiting = iter(names)

        async def work() -> None:
            for name in waiting:
                data = await (await source.download_blob(name)).readall()
                await target.upload_blob(name, data, overwrite=True)

        begun = time.monotonic()
        await asyncio.gather(*(work() for _ in range(concurrency)))
        return time.monotonic() - begun


def folder(root: Path, names: list[str]) -> float:
    """Seconds to read every file `input/<name>` and write it to `bare/<name>`, one after the other."""
    (root / "bare").mkdir(exist_ok=True)
    begun = time.monotonic()
    for name in names:
        (root / "bare" / name).write_bytes((root / "input" / name).read_bytes())
    return time.monotonic() - begun
