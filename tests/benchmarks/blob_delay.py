"""From upload to answer on an idle host, in an empty container and in one with many old blobs; looking, or told."""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
from azure.storage.blob import ContainerClient

from tests.benchmarks.old_blobs import laid_out
from tests.benchmarks.startup import memory
from tests.benchmarks.subject import table
from tests.benchmarks.watched import Watched, account, watched
from tests.chaos.hosts import HOST_ID
from tests.chaos.many_app import FUNCTION, order

_IDLE = 60.0
_PATIENCE = 300.0
_SEED = 7


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.blob_delay", description=__doc__)
    parser.add_argument("--old", type=int, nargs="*", default=[0, 100_000], help="old blobs in the container")
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--between", type=float, default=1.0, help="seconds between two uploads, on average")
    parser.add_argument("--events", action="store_true", help="tell the host of each blob, as Event Grid does")
    parser.add_argument("--bound", type=float, default=60.0, help="seconds that no answer may take")
    options = parser.parse_args(arguments)
    told = "told by events" if options.events else "polling"
    slow = []
    for old in options.old:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            folder = Path(name)
            laid_out(folder / "data", old)
            with account(folder, folder / "data") as connection:
                row, most = _measured(folder, connection, old, options)
        print(table(f"{options.samples} uploads at random moments, 1 host, {told}", list(row), [list(row.values())]))
        sys.stdout.flush()
        if most > options.bound:
            slow.append(f"Beside {old:,} old blobs an answer took {most:.1f} s, longer than {options.bound:.0f} s.")
    print(*slow, sep="\n")
    return 1 if slow else 0


def _measured(folder: Path, connection: str, old: int, options: argparse.Namespace) -> tuple[dict[str, str], float]:
    with (
        ContainerClient.from_connection_string(connection, "input") as container,
        watched(folder, connection, start_from="now", with_events=options.events) as hosts,
    ):
        # The first search is over; what it remembers of the old blobs is forgotten after two more.
        time.sleep(_IDLE)
        mark = hosts.mark
        time.sleep(_IDLE)
        operations = hosts.operations(mark)
        pss = memory(hosts.hosts.pid("one")) / 1024
        tell = _teller(connection, hosts.hosts.url("one")) if options.events else None
        delays = _delays(hosts, container, options, tell)
    cuts = statistics.quantiles(delays, n=100, method="inclusive")
    row = {
        "old blobs": f"{old:,}",
        "median s": f"{statistics.median(delays):.2f}",
        "p99 s": f"{cuts[98]:.2f}",
        "most s": f"{max(delays):.2f}",
        "MiB (PSS)": f"{pss:.0f}",
        "requests a minute, idle": f"{sum(operations.values())}",
        "of these listings": f"{operations['list input']}",
    }
    return row, max(delays)


def _teller(connection: str, url: str) -> Callable[[str, str], None]:
    """Delivers the event that a blob of that name and ETag was written."""
    with ContainerClient.from_connection_string(connection, "azure-webjobs-secrets") as secrets:
        keys = json.loads(secrets.download_blob(f"{HOST_ID}/host.json").readall())["systemKeys"]
    key = next(one["value"] for one in keys if one["name"] == "blobs_extension")
    address = f"{url}/runtime/webhooks/blobs?functionName=Host.Functions.{FUNCTION}&code={key}"

    def tell(name: str, etag: str) -> None:
        event = {
            "subject": f"/blobServices/default/containers/input/blobs/{name}",
            "eventType": "Microsoft.Storage.BlobCreated",
            "data": {"eTag": etag, "blobType": "BlockBlob"},
        }
        httpx.post(address, json=[event], headers={"aeg-event-type": "Notification"}).raise_for_status()

    return tell


def _delays(
    hosts: Watched, container: ContainerClient, options: argparse.Namespace, tell: Callable[[str, str], None] | None
) -> list[float]:
    """Seconds from just before each upload until its output had been written."""
    chance = random.Random(_SEED)
    uploaded: dict[str, float] = {}
    for number in range(options.samples):
        time.sleep(chance.expovariate(1 / options.between))
        one = order(number, bad=False, seconds=0)
        uploaded[one.name] = time.time()
        written = container.upload_blob(f"{one.name}.json", one.body)
        if tell is not None:
            tell(f"{one.name}.json", str(written.get_blob_properties().etag))
    answered = hosts.wait_for(options.samples, _PATIENCE)
    return [answered[name] - at for name, at in uploaded.items()]


if __name__ == "__main__":
    sys.exit(main())
