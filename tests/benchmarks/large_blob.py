"""A blob far larger than a host should hold in memory: `python -m tests.benchmarks.large_blob --mib 1024`."""

import argparse
import hashlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from azure.storage.blob import ContainerClient

from infra import run
from infra.emulators.azurite import Azurite
from tests.benchmarks.startup import memory
from tests.support.apps import staged

_MIB = 1024 * 1024
# The script reads its input piece by piece and answers with as much, made piece by piece.
_SCRIPT = """
import hashlib

from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse


def init():
    pass


@rawhttp
def run(request):
    digest, size = hashlib.sha256(), 0
    while piece := request.stream.read(1 << 20):
        digest.update(piece)
        size += len(piece)

    def answer():
        yield digest.hexdigest().encode()
        for _ in range(size >> 20):
            yield bytes(1 << 20)

    return AMLResponse(answer(), 200)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024, help="the size of the blob")
    size = parser.parse_args().mib
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch, Azurite(Path(scratch, "azurite")) as azurite:
        app = staged(Path(scratch), _SCRIPT)
        connection = azurite.connection_string
        settings = {"TriggerConnectionString": connection, "AzureWebJobsStorage": connection}
        with run(app, settings=settings) as running:
            found = _measure(connection, size, running.details.pid)
    print(found)
    return 0


def _measure(connection: str, size: int, pid: int) -> str:
    digest = hashlib.sha256()
    piece = os.urandom(_MIB)

    def pieces() -> Iterator[bytes]:
        for _ in range(size):
            digest.update(piece)
            yield piece

    before = memory(pid)
    with ContainerClient.from_connection_string(connection, "input") as inbox:
        inbox.upload_blob("big.json", pieces(), length=size * _MIB)
    began = time.perf_counter()
    peak = _Peak(pid)
    with ContainerClient.from_connection_string(connection, "output") as outbox:
        answer = outbox.get_blob_client("big_out.json")
        while not answer.exists():
            time.sleep(0.2)
        seconds = time.perf_counter() - began
        largest = peak.stop()
        head = answer.download_blob(offset=0, length=64).readall().decode()
        length = answer.get_blob_properties().size
    if head != digest.hexdigest() or length != 64 + size * _MIB:
        raise SystemExit(f"The answer to {size} MiB is wrong: {length} bytes, begins with {head!r}.")
    return (
        f"{size} MiB in and out: {seconds:.1f} s after the upload; the host has {before / 1024:.0f} MiB before, "
        f"{largest / 1024:.0f} MiB at most while it works (PSS)."
    )


class _Peak:
    """The largest memory of a process, looked at ten times a second."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._largest = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """What it was so far, in KiB."""
        self._ended.set()
        self._thread.join()
        return self._largest

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            self._largest = max(self._largest, memory(self._pid))


if __name__ == "__main__":
    sys.exit(main())
