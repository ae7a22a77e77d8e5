"""What was taken from Service Bus and is run at once: one message, or several together."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from time import monotonic

from triggers.contract import Event
from triggers.errors import DeliveryLost
from triggers.service_bus_bus import Message
from triggers.service_bus_lane import Lane

_log = logging.getLogger(__name__)

# Longer ones are refused by the service.
_LONGEST_TEXT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What host.json and the binding say about settling."""

    auto_complete: bool = True
    longest_renewal: float = inf


class ServiceBusDelivery:
    """Locked messages and the event they are; a failed one dead-letters what no attempt will ever understand."""

    def __init__(self, lane: Lane, messages: Sequence[Message], event: Event, terms: Terms) -> None:
        self._lane = lane
        self._messages = messages
        self._event = event
        self._terms = terms
        self._since = monotonic()

    @property
    def event(self) -> Event:
        return self._event

    @property
    def renew_every(self) -> float | None:
        every = [self._lane.renew_every(message) for message in self._messages]
        return min((one for one in every if one is not None), default=None) if self._terms.longest_renewal else None

    async def renew(self) -> None:
        """Hold the locks for longer, unless host.json wants them to run out by now."""
        if monotonic() - self._since >= self._terms.longest_renewal:
            return
        for message in self._messages[:1] if self._lane.receiver.session is not None else self._messages:
            await self._lane.renew(message)

    async def complete(self) -> None:
        """Settle the messages; raises DeliveryLost when one of them was lost."""
        try:
            if self._terms.auto_complete:
                await self._all("complete")
        finally:
            self._lane.let_go(len(self._messages))

    async def abandon(self, error: BaseException) -> None:
        """Let the messages come again, or dead-letter one that cannot be read; raises DeliveryLost."""
        try:
            reason = _unreadable(error, self._messages[0].body or b"") if len(self._messages) == 1 else ""
            if reason:
                await self._dead_letter(reason, error)
            else:
                _log.warning(
                    "Message %s failed at attempt %d and comes again, until the entity's MaxDeliveryCount: %s: %s",
                    ", ".join(message.id for message in self._messages), self._event.attempt,
                    type(error).__name__, error,
                )  # fmt: skip
                await self._all("abandon")
        finally:
            self._lane.let_go(len(self._messages))

    async def _dead_letter(self, reason: str, error: BaseException) -> None:
        message = self._messages[0]
        await dead_letter(self._lane, message, reason, f"{type(error).__name__}: {error}")

    async def _all(self, verb: str) -> None:
        """One that is lost does not keep the others from being settled."""
        lost: list[DeliveryLost] = []
        for message in self._messages:
            try:
                await self._lane.settle(partial(getattr(self._lane.receiver, verb), message))
            except DeliveryLost as error:
                lost.append(error)
        if lost:
            some = "" if len(self._messages) == 1 else f"{len(lost)} of {len(self._messages)}: "
            raise DeliveryLost(f"Event {self._event.id} could not be settled: {some}{lost[0]}") from lost[0]


async def dead_letter(lane: Lane, message: Message, reason: str, description: str) -> None:
    """Move the message aside, and say so; raises DeliveryLost."""
    told = description[:_LONGEST_TEXT]
    await lane.settle(partial(lane.receiver.dead_letter, message, reason=reason, description=told))
    _log.error("Message %s was moved to the dead-letter queue: %s: %s", message.id, reason, told)


def _unreadable(error: BaseException | None, body: bytes) -> str:
    """Why no attempt will ever read this very body; empty for every other failure."""
    while error is not None:
        if isinstance(error, UnicodeDecodeError) and error.object == body:
            return "BodyIsNoText"
        if isinstance(error, json.JSONDecodeError) and error.doc in (body, body.decode(errors="replace")):
            return "BodyIsNoJson"
        error = error.__cause__ or error.__context__
    return ""
