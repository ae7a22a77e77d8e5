"""Go through a container again and again, and name each blob version once."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta

from triggers.blob_store import BlobInfo, BlobPage, BlobStore
from triggers.errors import SourceUnavailable
from triggers.paths import BlobPath

# The servers of one account stamp LastModified and Date with their own clocks, and to the second.
_MARGIN = timedelta(seconds=30)


class BlobSweep:
    """The blobs of one path that are new since the last sweep, page by page.

    What it remembers is bounded by what changed lately, not by the size of the container: a sweep that began at
    the account's time T has seen all that was there before T, so the next one looks only at what was modified
    since then (less a margin), and only those versions need be remembered.
    """

    def __init__(self, store: BlobStore, path: BlobPath) -> None:
        self._store = store
        self._path = path
        self._matcher = path.matcher()
        self._pages: AsyncIterator[BlobPage] | None = None
        self._began: datetime | None = None
        self._since: datetime | None = None
        self._seen: dict[tuple[str, str], datetime] = {}

    @property
    def remembered(self) -> int:
        """How many versions are kept in mind."""
        return len(self._seen)

    @property
    def under_way(self) -> bool:
        """Has a sweep begun that is not at its end?"""
        return self._pages is not None

    async def next_page(self) -> list[BlobInfo] | None:
        """The new blobs of the next page, None at the end of a sweep; the call after that begins another.

        Raises SourceUnavailable; the sweep then begins anew.
        """
        if self._pages is None:
            self._pages = self._store.pages(self._path.container, self._path.prefix)
            self._began = None
        pages, self._pages = self._pages, None
        page = await anext(pages, None)
        if page is None:
            self._end()
            return None
        self._pages = pages
        if self._began is None:
            self._began = page.listed_at
        return self.new(page.blobs)

    def new(self, blobs: Iterable[BlobInfo]) -> list[BlobInfo]:
        """Those that match the path and were not named before."""
        return [blob for blob in blobs if self._is_new(blob) and self._matcher.fullmatch(blob.path)]

    def _is_new(self, blob: BlobInfo) -> bool:
        if self._since is not None and blob.last_modified < self._since:
            return False
        version = (blob.name, blob.etag)
        if version in self._seen:
            return False
        if self._began is None or blob.last_modified >= self._began - _MARGIN:
            self._seen[version] = blob.last_modified
        return True

    def _end(self) -> None:
        if self._began is None:
            raise SourceUnavailable(f"The listing of container {self._path.container!r} came without a page.")
        since = self._began - _MARGIN
        self._since = since
        self._seen = {version: modified for version, modified in self._seen.items() if modified >= since}
