"""A blob is read for every event and handed to the function beside it."""

from collections.abc import Mapping

from triggers.blob_account import find_account, open_account
from triggers.blob_store import BlobStore, newest
from triggers.contract import BindingContext, InputReader
from triggers.http_body import whole
from triggers.paths import BlobPath

_BYTES = {"binary", "stream"}


class BlobReader:
    """Reads the blob that its binding's path names."""

    def __init__(self, store: BlobStore, path: BlobPath, *, binary: bool = False) -> None:
        self._store = store
        self._path = path
        self._binary = binary

    async def read(self, metadata: Mapping[str, object]) -> object:
        """Text with U+FFFD for what is no UTF-8, or the bytes themselves; None when there is no such blob.

        Many bytes stay on disk: a SpooledBody. Raises InvalidPath or SourceUnavailable.
        """
        content = await self._store.read(newest(*self._path.fill(metadata)))
        if content is None:
            return None
        return content.data if self._binary else whole(content.data).decode(errors="replace")

    async def close(self) -> None:
        await self._store.close()


def blob_reader(context: BindingContext) -> InputReader:
    """The reader of one `blob` input; raises InvalidPath or ConnectionNotConfigured."""
    binding = context.binding
    path = BlobPath.parse(binding.option("path"))
    wanted_by = f"the blob input {binding.name!r} from {path.text!r}"
    account = open_account(find_account(context.settings, binding.option("connection"), wanted_by=wanted_by))
    return BlobReader(account.blobs, path, binary=binding.option("dataType").lower() in _BYTES)
