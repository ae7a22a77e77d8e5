"""Messages per second through receive, score, send, complete, beside a bare loop of the same client."""

import asyncio
import hashlib
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient as AsyncClient

from infra.emulators import LocalBus
from infra.storage import folder_connection
from tests.benchmarks.subject import table
from tests.chaos import bus_app
from tests.chaos.bus_app import IN, NAMESPACE, OUT, SETTING, Order, order
from tests.chaos.hosts import Hosts

MESSAGES = 1000
ROUNDS = 5
# As many links as the host opens at most, and as few as one: the client settles serially on each.
LINKS = (1, 4)
_BATCH = 50
_PATIENCE = 120.0
_PAGE = 200


def main() -> int:
    rates: dict[str, list[float]] = defaultdict(list)
    orders = [order(n, bad=False, seconds=0) for n in range(MESSAGES)]
    for _ in range(ROUNDS):
        rates["function host"].append(MESSAGES / hosted(orders))
        for links in LINKS:
            rates[f"bare loop, {links} link{'s' * (links > 1)}"].append(MESSAGES / bare(orders, links))
    best = max(statistics.median(found) for name, found in rates.items() if name.startswith("bare"))
    rows = [
        [name, f"{statistics.median(found):,.0f}", f"{statistics.median(found) / best:.2f}", _each(found)]
        for name, found in rates.items()
    ]
    title = f"{MESSAGES:,} messages through one local bus, median of {ROUNDS} rounds, every answer checked"
    print(table(title, ["who", "messages/s", "of the best bare loop", "each round"], rows))
    return 0


def hosted(orders: Sequence[Order]) -> float:
    """Seconds that a host takes, from the first message that is answered to the last."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, LocalBus(NAMESPACE) as bus:
        folder = Path(name)
        hosts = Hosts(
            folder=folder, connection=folder_connection(folder / "account"), write=bus_app.write, names=("one",),
            settings={SETTING: bus.connection_string},
        )  # fmt: skip
        hosts.start_all()
        try:
            # The links are open, and the code is warm, before the clock runs.
            _fill(bus, [order(MESSAGES, bad=False, seconds=0)])
            _wait(bus, 1)
            begun = time.monotonic()
            _fill(bus, orders)
            _wait(bus, 1 + len(orders))
            seconds = time.monotonic() - begun
        finally:
            hosts.stop()
        _check(bus, orders)
        return seconds


def bare(orders: Sequence[Order], links: int) -> float:
    """Seconds that a loop takes which only receives, hashes, sends and completes."""
    with LocalBus(NAMESPACE) as bus:
        seconds = asyncio.run(_loop(bus, orders, links))
        _check(bus, orders)
        return seconds


async def _loop(bus: LocalBus, orders: Sequence[Order], links: int) -> float:
    async with AsyncClient.from_connection_string(bus.connection_string) as client:
        receivers = [client.get_queue_receiver(IN) for _ in range(links)]
        senders = [client.get_queue_sender(OUT) for _ in range(links)]
        left = len(orders)

        async def work(receiver, sender) -> None:
            nonlocal left
            while left > 0:
                for message in await receiver.receive_messages(_BATCH, max_wait_time=0.2):
                    answer = hashlib.sha256(b"".join(message.body)).hexdigest().encode()
                    await sender.send_messages(ServiceBusMessage(answer, correlation_id=message.message_id))
                    await receiver.complete_message(message)
                    left -= 1

        try:
            await asyncio.gather(*(receiver._open() for receiver in receivers), *(one._open() for one in senders))
            begun = time.monotonic()
            await asyncio.to_thread(_fill, bus, orders)
            await asyncio.gather(*(work(*pair) for pair in zip(receivers, senders, strict=True)))
            return time.monotonic() - begun
        finally:
            await asyncio.gather(*(one.close() for one in [*receivers, *senders]))


def _fill(bus: LocalBus, orders: Sequence[Order]) -> None:
    with ServiceBusClient.from_connection_string(bus.connection_string) as client, client.get_queue_sender(IN) as to:
        for start in range(0, len(orders), _PAGE):
            to.send_messages(
                [ServiceBusMessage(one.body, message_id=one.name) for one in orders[start : start + _PAGE]]
            )


def _wait(bus: LocalBus, count: int) -> None:
    """Until so many answers are there; they stay."""
    deadline = time.monotonic() + _PATIENCE
    seen = 0
    with ServiceBusClient.from_connection_string(bus.connection_string) as client, client.get_queue_receiver(OUT) as at:
        while seen < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"Only {seen} of {count} messages were answered within {_PATIENCE:.0f} seconds.")
            page = at.peek_messages(_PAGE, sequence_number=seen + 1)
            seen += len(page)
            if len(page) < _PAGE:
                time.sleep(0.02)


def _check(bus: LocalBus, orders: Sequence[Order]) -> None:
    expected = {one.name: one.answer for one in orders}
    found: dict[str, bytes] = {}
    with ServiceBusClient.from_connection_string(bus.connection_string) as client, client.get_queue_receiver(OUT) as at:
        after = 0
        while page := at.peek_messages(_PAGE, sequence_number=after + 1):
            after = page[-1].sequence_number or 0
            found |= {one.correlation_id or "": b"".join(one.body) for one in page}
    wrong = [name for name, answer in expected.items() if found.get(name) != answer]
    if wrong:
        raise RuntimeError(f"{len(wrong)} answers are missing or wrong: {json.dumps(wrong[:3])}.")


def _each(found: Sequence[float]) -> str:
    return " ".join(f"{value:,.0f}" for value in found)


if __name__ == "__main__":
    sys.exit(main())
