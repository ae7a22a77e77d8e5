"""Blobs that somebody tells of: events of Event Grid, by webhook or through a storage queue."""

import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from triggers.blob_hub import BlobHub
from triggers.blob_messages import BlobMessage
from triggers.blob_receipts import BlobReceipts, Receipt
from triggers.blob_store import BlobInfo
from triggers.contract import Event, FunctionResult
from triggers.errors import BlobRefused, DeliveryLost, SourceUnavailable, UnreadableMessage
from triggers.event_grid_webhook import GridEvents, grid_events_of
from triggers.paths import BlobPath

_log = logging.getLogger(__name__)

_CREATED = ("Microsoft.Storage.BlobCreated", "Microsoft.Storage.BlobRenamed")
_SUBJECT = "/blobServices/default/containers/"
_BLOBS = "/blobs/"


class BlobEvents:
    """Puts the blobs that events tell of into the control queue, each version once, for one function."""

    def __init__(self, path: BlobPath, receipts: BlobReceipts, hub: BlobHub, *, function: str) -> None:
        self._matches = path.matcher().fullmatch
        self._receipts = receipts
        self._hub = hub
        self._function = function

    async def take(self, events: GridEvents) -> None:
        """Have the blobs run that match the path; of other events nothing is kept. Raises SourceUnavailable."""
        for event in events:
            created = created_blob(event)
            if created is None or not self._matches(created.blob.path):
                continue
            try:
                await self._enqueue(created)
            except BlobRefused as error:
                # Other events came with it, and a second time would be no better.
                _log.warning("The event of blob %r is left to the search: %s", created.blob.path, error)

    async def notified(self, events: GridEvents, _: str | None) -> str:
        """What a webhook does with events; see triggers.event_grid_webhook."""
        try:
            await self.take(events)
        except SourceUnavailable as error:
            _log.warning("Events of blobs for %s could not be kept: %s", self._function, error)
            return str(error)
        return ""

    async def execute(self, event: Event) -> FunctionResult:
        """Take what a message of the events' queue tells: an Executor for that queue's listener."""
        try:
            await self.take(events_of_text(event.data))
        except UnreadableMessage as error:
            _log.error("%s It goes to the queue's poison queue.", error)
            return FunctionResult(error=error)
        except SourceUnavailable as error:
            return FunctionResult(error=error)
        return FunctionResult()

    async def _enqueue(self, created: "CreatedBlob") -> None:
        """Events come more than once, and side by side: only who gets the claim puts the version into the queue.

        The claim of one who is killed before that runs out, and the next event or the search has it.
        """
        blob = created.blob
        claim = await self._receipts.claim(blob)
        if not isinstance(claim, Receipt):
            return
        message = BlobMessage(
            function=self._function, container=blob.container, name=blob.name, etag=blob.etag,
            blob_type=created.blob_type, attempts=claim.attempt - 1, noted=True,
        )  # fmt: skip
        try:
            await self._hub.send(message)
        except SourceUnavailable:
            await self._give_back(claim)
            raise
        try:
            await self._receipts.hand_over(claim)
        except DeliveryLost:
            return  # It was run meanwhile.
        except SourceUnavailable as error:
            _log.info("It could not be noted that blob %r is in the queue: %s", blob.path, error)

    async def _give_back(self, claim: Receipt) -> None:
        """So that the event, when it comes again, need not wait until the claim runs out."""
        try:
            await self._receipts.release(claim, pause=0.0, counted=False)
        except (DeliveryLost, SourceUnavailable) as error:
            _log.info("The claim %r was not given back and runs out: %s", claim.name, error)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedBlob:
    """What an event says of a new version of a blob."""

    blob: BlobInfo
    blob_type: str


def created_blob(event: Mapping[str, object]) -> CreatedBlob | None:
    """The blob that the event, of either schema, says was written; None for any other event."""
    kind = event.get("eventType") or event.get("type")
    data = event.get("data")
    subject = str(event.get("subject") or "")
    container, found, name = subject.removeprefix(_SUBJECT).partition(_BLOBS)
    if kind not in _CREATED or not isinstance(data, Mapping) or not found or subject == container:
        return None
    etag = str(data.get("eTag") or data.get("etag") or "").strip('"')
    if not etag:
        return None
    blob = BlobInfo(
        container=container, name=name, etag=f'"{etag}"', last_modified=datetime.min.replace(tzinfo=UTC)
    )  # fmt: skip
    return CreatedBlob(blob=blob, blob_type=str(data.get("blobType") or "BlockBlob"))


def events_of_text(text: object) -> GridEvents:
    """The events of a queue message, whether it is base64 or plain JSON; raises UnreadableMessage."""
    given = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    try:
        return grid_events_of(given if given.lstrip()[:1] in ("{", "[") else base64.b64decode(given, validate=True))
    except ValueError as error:
        raise UnreadableMessage(f"A message is no event of Event Grid ({error}): {given[:200]!r}.") from error
