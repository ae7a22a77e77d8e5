"""What the blob triggers of one host share: the lease of the one that looks, and the queue that hands blobs around."""

import asyncio
import contextlib
import logging
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from triggers.blob_app_note import AppNote
from triggers.blob_cursor import BlobCursor
from triggers.blob_messages import BlobMessage, control_queue
from triggers.blob_queue_look import QueueLook
from triggers.blob_store import BlobStore
from triggers.errors import DeliveryLost, SourceUnavailable, UnreadableMessage
from triggers.lease import Lease, while_held
from triggers.queue_store import QueueStore, ReceivedMessage

_log = logging.getLogger(__name__)

LOCK = "WebJobs.Internal.Blobs.Listener"
"""The name that Azure's own host gives the lease."""
CLAIM_SECONDS = 60
"""For so long a message is hidden; whoever runs it hides it again in time."""

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_MOST_AT_ONCE = 32
# A message that found no room is given back after so many seconds: another instance may have room.
_LONGEST_WAIT = 3.0
# Seconds until a message comes again whose function has not begun to listen here yet, or listens no more.
_UNTIL_IT_LISTENS = 1


@dataclass(slots=True, kw_only=True)
class HandedOver:
    """A blob version from the queue, claimed by this instance."""

    content: BlobMessage
    received: ReceivedMessage
    taken_at: float
    attempt: int = field(init=False)
    """Which run this is; one that never came to an end counts, too."""

    def __post_init__(self) -> None:
        # Of those who took it before and were killed the first may have begun; the others would have noted it.
        self.attempt = self.content.attempts + self.content.begun + 1 + self.was_taken_before

    @property
    def was_taken_before(self) -> bool:
        """Did somebody take it who neither settled it nor gave it back?"""
        return self.received.dequeue_count - self.content.seen > 1


class Inbox:
    """The blob versions that came from the queue for one function."""

    def __init__(self, function: str, woken: Callable[[], None]) -> None:
        self.function = function
        self.room = 0
        """How many more the function could run now."""
        self.waiting: deque[HandedOver] = deque()
        self.woken = woken
        self._taken: deque[float] = deque(maxlen=_MOST_AT_ONCE)

    @property
    def last_taken(self) -> float:
        """The loop's time when one was taken out last."""
        return self._taken[-1] if self._taken else -math.inf

    def take(self) -> HandedOver:
        """The one that waits longest."""
        self._taken.append(asyncio.get_running_loop().time())
        return self.waiting.popleft()

    def wanted(self) -> int:
        """How many to receive now: for the room there is, and for what there will be in a second.

        Each request brings several that way, where runs are short.
        """
        if not self.room:
            return 0
        second_ago = asyncio.get_running_loop().time() - 1.0
        soon = sum(moment > second_ago for moment in self._taken) if self.room > 1 else 0
        return max(self.room + soon - len(self.waiting), 0)


class BlobHub:
    """Is shared by all blob functions of a host process; works while at least one has joined."""

    def __init__(self, queues: QueueStore, lease: Lease, host_id: str, note: AppNote | None = None) -> None:
        self._note = note
        self._held = asyncio.Event()
        self._queues = queues
        self._lease = lease
        self._host_id = host_id
        self._queue = control_queue(host_id)
        self._longest_pause = min(_LONGEST_PAUSE, queues.longest_pause)
        self._inboxes: dict[str, Inbox] = {}
        self._expected: set[str] = set()
        self._receiving: asyncio.Task[Sequence[ReceivedMessage]] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._woken = asyncio.Event()
        self._has_more = False
        self._put = 0
        """How many more messages this instance put into the queue than it took out for good."""
        self._counted_from: int | None = None
        self.look = QueueLook(queues, self._queue)
        """How much is in the queue, for whoever wants to see numbers."""
        self._cursors: dict[tuple[str, str], BlobCursor] = {}
        self.is_holder = False
        """Is this the instance that looks for new blobs?"""
        self.times_held = 0
        """How often the lease was gained: after each time the search begins anew."""

    def cursor(self, hosts_own: BlobStore, account: str, container: str) -> BlobCursor:
        """How far the search of a container has come, kept in the host's own account."""
        known = self._cursors.get((account, container))
        if known is None:
            known = BlobCursor(hosts_own, host_id=self._host_id, account=account, container=container)
            self._cursors[account, container] = known
        return known

    def expect(self, function: str, path: str = "") -> None:
        """The app has that function: its messages stay in the queue while it has not joined or has left."""
        self._expected.add(function.lower())
        if path and self._note is not None:
            self._note.add(function, path)

    def join(self, inbox: Inbox) -> None:
        """Take part: the function's inbox is filled from now on."""
        self.expect(inbox.function)
        self._inboxes[inbox.function.lower()] = inbox
        if not self._tasks:
            name = f"the blob triggers ({self._queue})"
            self._tasks = [
                asyncio.create_task(while_held(self._lease, self._hold, name=name)),
                asyncio.create_task(self._receive_forever(name)),
            ]
            if self._note is not None:
                self._tasks.append(asyncio.create_task(self._note.keep(self._held)))

    async def leave(self, inbox: Inbox) -> None:
        """Take part no more; what waits in the inbox goes back to the queue."""
        self._inboxes.pop(inbox.function.lower(), None)
        if not self._inboxes:
            tasks, self._tasks = self._tasks, []
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._return_received()
        while inbox.waiting:
            await self._returned(inbox.waiting.popleft())
        if not self._inboxes:
            await self.look.close()
            await self._queues.close()
            if self._note is not None:
                await self._note.close()

    def wake(self) -> None:
        """Look into the queue now, or as soon as there is room: there may be something."""
        self._has_more = True
        self._woken.set()

    def made_room(self) -> None:
        """There is room again; that is worth a look when the last one did not see the queue's end."""
        if self._has_more:
            self._woken.set()

    async def send(self, message: BlobMessage, *, pause: int = 0) -> None:
        """Hand a version to whichever instance has room, after `pause` seconds; raises SourceUnavailable."""
        await self._queues.send(self._queue, message.encode(), hidden=pause)
        self._put += 1
        asyncio.get_running_loop().call_later(pause, self.wake)

    async def count(self) -> int:
        """About how many versions are in the queue; raises SourceUnavailable."""
        return await self._queues.count(self._queue)

    def taken_by_others(self, count: int) -> int:
        """How many versions other instances have taken out for good so far, now that `count` are in the queue.

        Before the first call there were none; what others put in meanwhile counts against it.
        """
        if self._counted_from is None:
            self._counted_from = count - self._put
        return self._counted_from + self._put - count

    async def renew(self, work: HandedOver) -> None:
        """Hold the claim for another full time; raises DeliveryLost or SourceUnavailable."""
        work.received = await self._queues.hide(self._queue, work.received, CLAIM_SECONDS)

    async def note_begun(self, work: HandedOver) -> None:
        """Its run begins; raises DeliveryLost or SourceUnavailable.

        Who only waits in an inbox when a host is killed must not be given up for it: taken is not begun. The first who
        takes it need not write this, so no request is spent on what goes well.
        """
        if work.was_taken_before:
            content = replace(work.content, begun=work.attempt - work.content.attempts - 1)
            work.received = await self._queues.hide(self._queue, work.received, CLAIM_SECONDS, text=content.encode())

    async def done(self, work: HandedOver) -> None:
        """Take the message out for good; raises DeliveryLost or SourceUnavailable."""
        await self._queues.delete(self._queue, work.received)
        self._put -= 1

    async def give_back(self, work: HandedOver, *, failed: bool, pause: int) -> None:
        """Let it come again after `pause` seconds; a run that failed counts. Raises DeliveryLost, SourceUnavailable."""
        content = replace(
            work.content,
            attempts=work.attempt if failed else work.attempt - 1,
            seen=work.received.dequeue_count,
            begun=0,
        )
        work.received = await self._queues.hide(self._queue, work.received, pause, text=content.encode())
        asyncio.get_running_loop().call_later(pause, self.wake)

    async def _hold(self) -> None:
        self.is_holder = True
        self._held.set()
        self.times_held += 1
        for inbox in self._inboxes.values():
            inbox.woken()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.is_holder = False
            self._held.clear()

    async def _receive_forever(self, name: str) -> None:
        pause, told = _FIRST_PAUSE, False
        while True:
            self._woken.clear()
            try:
                pause = _FIRST_PAUSE if await self._receive() else min(pause * 2, self._longest_idle)
                told = False
            except SourceUnavailable as error:
                if not told:
                    _log.warning("%s: %s Trying again until it answers.", name, error)
                pause, told = _LONGEST_PAUSE, True
            except Exception:  # because a loop that dies would be noticed by nobody
                _log.exception("%s: the queue could not be read for an unforeseen reason; trying again.", name)
                pause = _LONGEST_PAUSE
            # Python 3.11's wait_for forgets that it was cancelled when it is woken at the same time.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()
                pause = _FIRST_PAUSE

    @property
    def _longest_idle(self) -> float:
        is_full = any(inbox.waiting for inbox in self._inboxes.values())
        return min(self._longest_pause, _LONGEST_WAIT) if is_full else self._longest_pause

    async def _receive(self) -> bool:
        """Fill the inboxes that have room; did anything come?"""
        await self._return_old()
        wanted = min(sum(inbox.wanted() for inbox in self._inboxes.values()), _MOST_AT_ONCE)
        if not wanted:
            return False
        # A task of its own: what a cancelled request had received already would stay hidden.
        self._receiving = asyncio.create_task(self._queues.receive(self._queue, wanted, hidden=CLAIM_SECONDS))
        messages = await asyncio.shield(self._receiving)
        self._receiving = None
        self._has_more = len(messages) == wanted
        for message in messages:
            await self._route(message)
        return bool(messages)

    async def _route(self, message: ReceivedMessage) -> None:
        try:
            content = BlobMessage.decode(message.text)
        except UnreadableMessage as error:
            _log.error("%s It is taken out of the queue.", error)
        else:
            now = asyncio.get_running_loop().time()
            work = HandedOver(content=content, received=message, taken_at=now)
            inbox = self._inboxes.get(content.function.lower())
            if inbox is not None:
                inbox.waiting.append(work)
                inbox.woken()
                return
            if content.function.lower() in self._expected:
                await self._returned(work, _UNTIL_IT_LISTENS)
                return
            _log.warning("A blob was handed over for %r, a function that this app has not.", content.function)
        with contextlib.suppress(DeliveryLost):
            await self._queues.delete(self._queue, message)

    async def _return_old(self) -> None:
        now = asyncio.get_running_loop().time()
        for inbox in self._inboxes.values():
            while inbox.waiting and now - inbox.waiting[0].taken_at > _LONGEST_WAIT:
                await self._returned(inbox.waiting.popleft())

    async def _return_received(self) -> None:
        """Give back what was being received as the last function left; nobody routed it."""
        receiving, self._receiving = self._receiving, None
        if receiving is None:
            return
        (outcome,) = await asyncio.gather(receiving, return_exceptions=True)
        for message in [] if isinstance(outcome, BaseException) else outcome:
            try:
                await self._queues.hide(self._queue, message, 0)
            except (DeliveryLost, SourceUnavailable) as error:
                _log.info("The claim on message %s was not given back and runs out: %s", message.id, error)

    async def _returned(self, work: HandedOver, pause: int = 0) -> None:
        try:
            await self.give_back(work, failed=False, pause=pause)
        except (DeliveryLost, SourceUnavailable) as error:
            _log.info("The claim on blob %r was not given back and runs out: %s", work.content.blob.path, error)
