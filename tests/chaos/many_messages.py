"""Many messages, two hosts killed again and again, the bus now and then: `python -m tests.chaos.many_messages`."""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from azure.servicebus import ServiceBusClient, ServiceBusMessage, ServiceBusSubQueue

from infra.emulators import LocalBus
from infra.storage import folder_connection
from tests.benchmarks.subject import table
from tests.chaos import bus_app
from tests.chaos.bus_app import IN, NAMESPACE, OUT, SETTING, Order, order
from tests.chaos.bus_judge import Found, Reply, broken_promises
from tests.chaos.hosts import Hosts
from tests.chaos.journal import runs_of

_BATCH = 50
_LOOK_EVERY = 2.0
_PAGE = 200


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How hard the storm is."""

    seed: int = 0
    messages: int = 5000
    seconds: float = 60.0
    """For which messages are sent, and hosts are killed."""
    between_kills: tuple[float, float] = (3.0, 6.0)
    outages: int = 0
    """How often the bus itself is killed; it keeps its messages on disk."""
    share_of_bad: float = 0.01
    longest_work: float = 0.2
    """Seconds; so that every kill finds something at work."""
    patience: float = 240.0


class Storm:
    """One plan, put into practice."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._chance = random.Random(plan.seed)
        self._bus = LocalBus(NAMESPACE, folder / "bus").start()
        self.hosts = Hosts(
            folder=folder,
            connection=folder_connection(folder / "account"),
            write=bus_app.write,
            settings={SETTING: self._bus.connection_string},
        )
        bad = set(self._chance.sample(range(plan.messages), max(round(plan.messages * plan.share_of_bad), 1)))
        self.orders = [
            order(n, bad=n in bad, seconds=self._chance.uniform(0, plan.longest_work)) for n in range(plan.messages)
        ]

    def rage(self) -> None:
        """Send and kill at random moments until the plan's time is over and every message was sent."""
        plan, chance = self._plan, self._chance
        batches = [self.orders[start : start + _BATCH] for start in range(0, len(self.orders), _BATCH)]
        moments: list[tuple[float, str, Sequence[Order]]]
        moments = [(chance.uniform(0, plan.seconds), "send", batch) for batch in batches]
        moments += [(at, "host", ()) for at in self._kills()]
        slot = plan.seconds / max(plan.outages, 1)
        moments += [((n + chance.uniform(0.3, 0.8)) * slot, "bus", ()) for n in range(plan.outages)]
        # One link for all: to open one takes half a second.
        with self._client() as client, client.get_queue_sender(IN) as sender:
            begun = time.monotonic()
            for at, what, batch in sorted(moments, key=lambda moment: moment[0]):
                time.sleep(max(0.0, begun + at - time.monotonic()))
                if what == "host":
                    self.hosts.replace(chance.choice(self.hosts.names))
                elif what == "bus":
                    self._bus.kill()
                    self._bus.start()
                else:
                    sender.send_messages([ServiceBusMessage(one.body, message_id=one.name) for one in batch])

    def settle(self) -> Found:
        """Wait until the input queue is empty, or for as long as there is patience; then read all queues."""
        deadline = time.monotonic() + self._plan.patience
        with self._client() as client, client.get_queue_receiver(IN) as receiver:
            # From the first message each time: without a number the client goes on after the last one it saw.
            while (left := len(receiver.peek_messages(_PAGE, sequence_number=1))) and time.monotonic() < deadline:
                time.sleep(_LOOK_EVERY)
        # What runs a second time without cause would do so now.
        time.sleep(_LOOK_EVERY)
        with self._client() as client:
            replies = [
                Reply(id=one.message_id or "", cause=one.correlation_id or "", body=b"".join(one.body))
                for one in _messages(client, OUT)
            ]
            dead = {one.message_id or "": one.dead_letter_reason or "" for one in _messages(client, IN, dead=True)}
        return Found(replies=replies, left=left, dead=dead)

    def close(self) -> list[str]:
        """Stop all there is; tells of what did not end well."""
        told = self.hosts.stop()
        self._bus.stop()
        return told

    def _kills(self) -> list[float]:
        at, moments = 0.0, []
        while (at := at + self._chance.uniform(*self._plan.between_kills)) < self._plan.seconds:
            moments.append(at)
        return moments

    def _client(self) -> ServiceBusClient:
        return ServiceBusClient.from_connection_string(self._bus.connection_string)


def _messages(client: ServiceBusClient, queue: str, *, dead: bool = False) -> Iterator:
    """Every message of the queue; they stay, so that nothing can get lost on the way."""
    options = {"sub_queue": ServiceBusSubQueue.DEAD_LETTER} if dead else {}
    after = 0
    with client.get_queue_receiver(queue, **options) as receiver:
        while page := receiver.peek_messages(_PAGE, sequence_number=after + 1):
            after = page[-1].sequence_number
            yield from page


def run(plan: Plan, folder: Path) -> list[str]:
    """Put the plan into practice, print its table, and give back every promise that was broken."""
    storm = Storm(plan, folder)
    begun = time.monotonic()
    broken: list[str] = []
    try:
        storm.hosts.start_all()
        storm.rage()
        raged = time.monotonic()
        found = storm.settle()
        ended = time.monotonic()
    finally:
        broken += storm.close()
    broken += broken_promises(storm.orders, found)
    bad = {one.name for one in storm.orders if one.bad}
    runs = runs_of(storm.hosts.journal)
    row = {
        "seed": plan.seed,
        "messages": len(storm.orders),
        "bad": len(bad),
        "hosts killed": len(storm.hosts.kills),
        "bus killed": plan.outages,
        "answers": len({one.id for one in found.replies}),
        "answers twice": found.doubled,
        "redeliveries of good ones": sum(len(many) for name, many in runs.items() if name not in bad)
        - (len(storm.orders) - len(bad)),
        "dead letters": len(found.dead),
        "storm s": f"{raged - begun:.0f}",
        "rest s": f"{ended - raged:.0f}",
    }
    print(table("Many messages", list(row), [[str(cell) for cell in row.values()]]), flush=True)
    return broken


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.many_messages", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--messages", type=int, default=Plan.messages)
    parser.add_argument("--seconds", type=float, default=Plan.seconds)
    parser.add_argument("--outages", type=int, default=Plan.outages)
    parser.add_argument("--keep", type=Path, help="an empty folder for logs, journal and data (default: thrown away)")
    options = vars(parser.parse_args(arguments))
    keep = options.pop("keep")
    with tempfile.TemporaryDirectory(prefix="chaos-") as scratch:
        broken = run(Plan(**options), keep or Path(scratch))
    print(*(broken[:40] or ["Every promise was kept."]), sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
