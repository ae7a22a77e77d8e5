"""What must hold for many messages after the storm: each answered once, and only the bad ones given up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.bus_app import Order


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One message of the output queue."""

    id: str
    cause: str
    """The message id of what it answers."""
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is in the queues when all has come to rest."""

    replies: Sequence[Reply]
    left: int = 0
    """Messages that are still in the input queue."""
    dead: Mapping[str, str] = field(default_factory=dict)
    """Message id -> reason, of those that were given up."""

    @property
    def doubled(self) -> int:
        """Replies that are there more than once, by message id: what duplicate detection would have dropped."""
        return len(self.replies) - len({reply.id for reply in self.replies})


def broken_promises(orders: Sequence[Order], found: Found) -> list[str]:
    """One sentence for everything that must not be."""
    answers = {reply.id: reply for reply in found.replies}
    ids = Counter(reply.cause for reply in answers.values())
    bad = {order.name for order in orders if order.bad}
    good = {order.name: order.answer for order in orders if not order.bad}
    broken = [f"{found.left} messages are left in the input queue."] if found.left else []
    broken += [f"{name} has {ids[name]} answers of different ids." for name in good if ids[name] != 1]
    broken += [f"There is an answer to {cause!r}, which wants none." for cause in ids if cause not in good]
    broken += [
        f"{reply.cause} has the wrong answer {reply.body!r}."
        for reply in found.replies
        if good.get(reply.cause, reply.body) != reply.body
    ]
    broken += [f"{name} was given up ({found.dead[name]}), but is good." for name in set(found.dead) - bad]
    broken += [f"{name} is bad, but was not given up." for name in bad - set(found.dead)]
    return broken
