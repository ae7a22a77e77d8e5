"""Go through a container again and again, and name each blob version once."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta

from triggers.blob_store import BlobInfo, BlobPage, BlobStore
from triggers.errors import SourceUnavailable
from triggers.paths import BlobPath

# The servers of one account stamp LastModified and Date with their own clocks, and to the second.
MARGIN = timedelta(seconds=30)
# What was named is remembered for so much longer, as what is held back may make later sweeps begin before it.
_HELD = timedelta(minutes=2)


class BlobSweep:
    """The blobs of one path that are new since the last sweep, page by page.

    What it remembers is bounded by what changed lately, not by the size of the container: a sweep that began at
    the account's time T has seen all that was there before T, so the next one looks only at what was modified
    since then (less a margin), and only those versions need be remembered.
    """

    def __init__(self, store: BlobStore, path: BlobPath, *, since: datetime | None = None) -> None:
        """What was modified before `since` is of no interest, None for everything."""
        self._store = store
        self._path = path
        self._matcher = path.matcher()
        self._pages: AsyncIterator[BlobPage] | None = None
        self._began: datetime | None = None
        self._since = since
        self.listed = 0
        """How many blobs the sweep under way, or the last one, has come across."""
        self.repeats = False
        """The sweep before was broken off, so versions may be named again that were named then."""
        self.last_began: datetime | None = None
        """The account's time when the last whole sweep began."""
        self._held_back: datetime | None = None
        self._seen: dict[tuple[str, str], datetime] = {}

    @property
    def since(self) -> datetime | None:
        """Every version modified before it was named, or is of no interest; None when that is not known of any."""
        return self._since

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
            self._began = self._held_back = None
            self.listed = 0
        pages, self._pages = self._pages, None
        try:
            page = await anext(pages, None)
        except BaseException:  # because a search that is cancelled breaks off, too
            self.repeats = self.repeats or self._began is not None
            raise
        if page is None:
            self._end()
            return None
        self._pages = pages
        if page.held_back is not None:
            self._held_back = min(page.held_back, self._held_back or page.held_back)
        if self._began is None:
            self._began = page.listed_at
        self.listed += len(page.blobs)
        return self.new(page.blobs)

    def new(self, blobs: Iterable[BlobInfo]) -> list[BlobInfo]:
        """Those that match the path and were not named before."""
        return [blob for blob in blobs if self._is_new(blob) and self._matcher.fullmatch(blob.path)]

    def told(self, blobs: Iterable[BlobInfo]) -> list[BlobInfo]:
        """Those of `blobs`, which are known to have changed, that match the path and were not named lately."""
        return [blob for blob in blobs if self._is_unseen(blob) and self._matcher.fullmatch(blob.path)]

    def _is_new(self, blob: BlobInfo) -> bool:
        if self._since is not None and blob.last_modified < self._since:
            return False
        return self._is_unseen(blob)

    def _is_unseen(self, blob: BlobInfo) -> bool:
        version = (blob.name, blob.etag)
        if version in self._seen:
            return False
        if self._began is None or blob.last_modified >= self._began - _HELD - MARGIN:
            self._seen[version] = blob.last_modified
        return True

    def _end(self) -> None:
        if self._began is None:
            raise SourceUnavailable(f"The listing of container {self._path.container!r} came without a page.")
        since = max(min(self._began, self._held_back or self._began), self._began - _HELD) - MARGIN
        self.repeats = False
        self.last_began = self._began
        # What was of no interest at the beginning is of none now.
        since = self._since = since if self._since is None else max(since, self._since)
        self._seen = {version: modified for version, modified in self._seen.items() if modified >= since}
