"""What a blob costs in requests to storage, and an idle minute: counted from Azurite's own log of requests."""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from azure.storage.blob import ContainerClient

from tests.benchmarks.accounts import AzureAccount
from tests.benchmarks.subject import table
from tests.benchmarks.watched import Watched, account, watched
from tests.chaos.many_app import order

MOST = 5.0
"""What the ordinary path may cost beside the listing."""
_PATIENCE = 300.0
_SETTLING = 3.0
# What goes on whether there are blobs or not.
_STANDING = ("list input", "PUT lease", "GET cursor", "PUT cursor")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.transactions", description=__doc__)
    parser.add_argument("--blobs", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=50.0, help="uploads a second in the steady state")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds to watch an idle host for")
    parser.add_argument("--instances", type=int, choices=[1, 2], nargs="*", default=[1, 2])
    options = parser.parse_args(arguments)
    too_many = []
    for instances in options.instances:
        with tempfile.TemporaryDirectory(prefix="bench-") as name, account(Path(name)) as connection:
            found = _measured(Path(name), connection, instances, options)
        per_blob = {kind: _cost(counts) / options.blobs for kind, counts in found.items() if kind != "idle minute"}
        print(_table(instances, options.blobs, found, per_blob), flush=True)
        too_many += [f"{instances} instances, {kind}: {cost:.2f} requests for each blob, more than {MOST:.0f}."
                     for kind, cost in per_blob.items() if cost > MOST]  # fmt: skip
    print(*too_many, sep="\n")
    return 1 if too_many else 0


def _measured(folder: Path, connection: str, instances: int, options: argparse.Namespace) -> dict[str, Counter[str]]:
    with ContainerClient.from_connection_string(connection, "input") as container:
        container.create_container()
        with watched(folder, connection, instances=instances) as hosts:
            # The first search and the first blobs have costs of their own: containers and receipts are looked for.
            container.upload_blob("blob-99999.json", order(99999, bad=False, seconds=0).body)
            hosts.wait_for(1, _PATIENCE)
            time.sleep(_SETTLING)
            found = {"steady": _steady(hosts, container, options), "at once": _at_once(hosts, options.blobs)}
            mark = hosts.mark
            time.sleep(options.idle)
            idle = hosts.operations(mark)
            return {**found, "idle minute": Counter({k: round(n * 60 / options.idle) for k, n in idle.items()})}


def _steady(hosts: Watched, container: ContainerClient, options: argparse.Namespace) -> Counter[str]:
    mark, before, gate = hosts.mark, len(hosts.executed()), threading.Event()
    begun = time.monotonic()
    for number in range(options.blobs):
        gate.wait(max(0.0, begun + number / options.rate - time.monotonic()))
        one = order(number, bad=False, seconds=0)
        container.upload_blob(f"{one.name}.json", one.body)
    return _counted(hosts, mark, before + options.blobs)


def _at_once(hosts: Watched, blobs: int) -> Counter[str]:
    mark, before = hosts.mark, len(hosts.executed())
    orders = [order(10_000 + number, bad=False, seconds=0) for number in range(blobs)]
    AzureAccount(hosts.connection, 1).drop({f"{one.name}.json": one.body for one in orders})
    found = _counted(hosts, mark, before + blobs)
    # The benchmark's own question whether the container is there.
    found["GET input"] -= 1
    return found


def _counted(hosts: Watched, mark: int, answered: int) -> Counter[str]:
    hosts.wait_for(answered, _PATIENCE)
    # The last receipts follow their outputs.
    time.sleep(_SETTLING)
    return hosts.operations(mark)


def _cost(counts: Counter[str]) -> int:
    """Without what goes on anyway, however many blobs there are."""
    return sum(count for operation, count in counts.items() if operation not in _STANDING)


def _table(instances: int, blobs: int, found: dict[str, Counter[str]], per_blob: dict[str, float]) -> str:
    operations = sorted(set().union(*found.values()), key=lambda name: -found["steady"][name])
    rows = [[name, *(f"{counts[name]:,}" for counts in found.values())] for name in operations]
    rows.append(["each blob beside the listing", *(f"{per_blob[k]:.2f}" if k in per_blob else "" for k in found)])
    totals = {kind: sum(counts.values()) for kind, counts in found.items()}
    rows.append(["each blob, all", *(f"{totals[k] / blobs:.2f}" if k in per_blob else "" for k in found)])
    rows.append(["all", *(f"{total:,}" for total in totals.values())])
    return table(f"{instances} instance(s), {blobs:,} blobs of 1 KB", ["request", *found], rows)


if __name__ == "__main__":
    sys.exit(main())
