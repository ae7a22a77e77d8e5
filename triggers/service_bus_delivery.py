"""What was taken from Service Bus and is run at once: one message, or several together."""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from time import monotonic

from triggers.contract import Event
from triggers.errors import DeliveryLost, is_unavailable
from triggers.polling import renewed
from triggers.service_bus_bus import Message
from triggers.service_bus_lane import Lane

_log = logging.getLogger(__name__)

# Longer ones are refused by the service.
_LONGEST_TEXT = 4096
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 60.0
"""Seconds before a message that failed for want of a service is given back; twice as many at each attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What host.json and the binding say about settling."""

    auto_complete: bool = True
    longest_renewal: float = inf


class ServiceBusDelivery:
    """Locked messages and the event they are; a failed one dead-letters what no attempt will ever understand."""

    def __init__(self, lane: Lane, messages: Sequence[Message], event: Event, terms: Terms) -> None:
        self._lane = lane
        self._count = len(messages)
        self._body = messages[0].body or b""
        self._held = dict(enumerate(messages))
        """By their places; without those that are settled or lost."""
        self._settling: set[int] = set()
        self._event = event
        self._terms = terms
        self._since = monotonic()

    @property
    def event(self) -> Event:
        return self._event

    @property
    def renew_every(self) -> float | None:
        every = [self._lane.renew_every(message) for message in self._held.values()]
        return min((one for one in every if one is not None), default=None) if self._terms.longest_renewal else None

    async def renew(self) -> None:
        """Hold the locks for longer, unless host.json wants them to run out by now; raises when all are lost."""
        if not self._held or monotonic() - self._since >= self._terms.longest_renewal:
            return
        places = list(self._held)[:1] if self._lane.receiver.session is not None else list(self._held)
        outcomes = await asyncio.gather(*map(self._renew, places), return_exceptions=True)
        errors = [outcome for outcome in outcomes if outcome is not None]
        lost = [error for error in errors if isinstance(error, DeliveryLost)]
        if lost and self._held:
            _log.warning("%d of %d messages were lost while they ran: %s", len(lost), self._count, lost[0])
            errors = [error for error in errors if error not in lost]
        if errors:
            raise errors[0]

    async def _renew(self, place: int) -> None:
        if place not in self._held:
            return
        try:
            message = await self._lane.renew(self._held[place])
        except DeliveryLost:
            # A settlement that is under way may have come first, and tells what became of it.
            if place in self._settling or self._held.pop(place, None) is None:
                return
            raise
        if place in self._held:
            self._held[place] = message

    async def complete(self) -> None:
        """Settle the messages; raises DeliveryLost when one of them was lost."""
        try:
            if self._terms.auto_complete:
                await self._all("complete")
        finally:
            self._lane.let_go(self._count)

    async def abandon(self, error: BaseException) -> None:
        """Let the messages come again, or dead-letter one that cannot be read; raises DeliveryLost.

        What could not be reached, it waits for a while, so that a short outage does not cost all attempts.
        """
        try:
            reason = _unreadable(error, self._body) if self._count == 1 else ""
            if reason:
                await self._all("dead_letter", reason=reason, description=f"{type(error).__name__}: {error}")
                return
            pause = (
                min(_FIRST_PAUSE * 2.0 ** min(self._event.attempt - 1, 16), _LONGEST_PAUSE)
                if is_unavailable(error)
                else 0
            )
            _log.warning(
                "Message %s failed at attempt %d and comes again%s, until the entity's MaxDeliveryCount: %s: %s",
                ", ".join(message.id for message in self._held.values()), self._event.attempt,
                f" in {pause:g} s" if pause else "", type(error).__name__, error,
            )  # fmt: skip
            async with renewed(self):
                await self._lane.pause(pause)
            await self._all("abandon")
        finally:
            self._lane.let_go(self._count)

    async def _all(self, verb: str, **options: str) -> None:
        """One that is lost does not keep the others from being settled, and no lock ends before its turn comes."""
        gone = self._count - len(self._held)
        async with renewed(self):
            places = list(self._held)
            settling = [self._settle(place, verb, options) for place in places]
            outcomes = await asyncio.gather(*settling, return_exceptions=True)
        errors = [outcome for outcome in outcomes if outcome is not None]
        for error in errors:
            if not isinstance(error, DeliveryLost):
                raise error
        if gone or errors:
            some = "" if self._count == 1 else f"{gone + len(errors)} of {self._count}: "
            why = errors[0] if errors else "the lock was lost while the function ran."
            raise DeliveryLost(f"Event {self._event.id} could not be settled: {some}{why}")

    async def _settle(self, place: int, verb: str, options: Mapping[str, str]) -> None:
        if place not in self._held:
            raise DeliveryLost("The lock was lost before its turn came.")
        message = self._held[place]
        self._settling.add(place)
        try:
            if verb == "dead_letter":
                await dead_letter(self._lane, message, **options)
            else:
                await self._lane.settle(partial(getattr(self._lane.receiver, verb), message))
        finally:
            self._held.pop(place, None)


async def dead_letter(lane: Lane, message: Message, reason: str, description: str) -> None:
    """Move the message aside, and say so; raises DeliveryLost."""
    told = description[:_LONGEST_TEXT]
    await lane.settle(partial(lane.receiver.dead_letter, message, reason=reason, description=told))
    _log.error("Message %s was moved to the dead-letter queue: %s: %s", message.id, reason, told)


def _unreadable(error: BaseException | None, body: bytes) -> str:
    """Why no attempt will ever read this very body; empty for every other failure.

    Only what was raised because of that counts, not what merely failed while somebody dealt with it.
    """
    if is_unavailable(error):
        return ""
    while error is not None:
        if isinstance(error, UnicodeDecodeError) and error.object == body:
            return "BodyIsNoText"
        if isinstance(error, json.JSONDecodeError) and error.doc in (body, body.decode(errors="replace")):
            return "BodyIsNoJson"
        error = error.__cause__
    return ""
