"""How far the search of a container has come, under the name and in the form of Azure's own host."""

import json
import logging
from datetime import UTC, datetime, timedelta

from triggers.blob_receipts import CONTAINER
from triggers.blob_store import BlobStore, newest

_log = logging.getLogger(__name__)

_TICK = timedelta(milliseconds=1)


class BlobCursor:
    """Versions that were modified before it need not be looked at; shared by the functions on one container."""

    def __init__(self, store: BlobStore, *, host_id: str, account: str, container: str) -> None:
        self._store = store
        self._name = f"blobscaninfo/{host_id}/{account}/{container}/scanInfo"
        self._reported: dict[str, datetime | None] = {}
        self._saved: datetime | None = None

    def join(self, function: str) -> None:
        """From now on that function, too, decides how far the search has come."""
        self._reported[function] = None

    async def load(self) -> datetime | None:
        """Where the search came to; None when there was none. Raises SourceUnavailable."""
        content = await self._store.read(newest(CONTAINER, self._name))
        if content is None:
            return None
        data = content.data if isinstance(content.data, bytes) else content.data.read()
        try:
            self._saved = datetime.fromisoformat(json.loads(data)["LatestScan"]).astimezone(UTC)
        except (ValueError, KeyError, TypeError) as error:
            _log.warning("%s/%s cannot be read (%s); the search begins anew.", CONTAINER, self._name, error)
            return None
        return self._saved

    async def report(self, function: str, finished: datetime) -> None:
        """All versions modified before `finished` are done, as far as that function goes; raises SourceUnavailable.

        It is kept once every function of the container is as far.
        """
        self._reported[function] = finished
        known = [moment for moment in self._reported.values() if moment is not None]
        moment = min(known) - _TICK
        if len(known) < len(self._reported) or (self._saved is not None and moment <= self._saved):
            return
        text = json.dumps(
            {"LatestScan": moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        )
        await self._store.write(CONTAINER, self._name, text.encode(), "application/json")
        self._saved = moment
