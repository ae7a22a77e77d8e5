"""Write results as blobs: for a function that a blob fired, one answer per version of that blob and package."""

import logging
from collections.abc import Mapping

from triggers.blob_account import find_account, open_account
from triggers.blob_data import blob_data
from triggers.blob_store import ABSENT, BlobStore, Payload
from triggers.contract import BindingContext, OutputWriter
from triggers.paths import BlobPath

_log = logging.getLogger(__name__)

DIGEST_SETTING = "FUNCTIONS_PACKAGE_DIGEST"
"""Names what the answers are made with; a package sets it to its own digest."""

_BLOB_TRIGGER = "blobtrigger"
_SOURCE, _ETAG, _MODIFIED, _DIGEST = "SourceBlob", "SourceETag", "SourceLastModified", "PackageDigest"
_TRIES = 5


class BlobWriter:
    """Writes an output value to the blob that its binding's path names."""

    def __init__(self, store: BlobStore, path: BlobPath, *, answers_blobs: bool = False, digest: str = "") -> None:
        """`answers_blobs`: the function is fired by blobs, so that each output is the answer to one version."""
        self._store = store
        self._path = path
        self._answers_blobs = answers_blobs
        self._digest = digest

    async def open(self) -> None:
        """Make the container unless its name depends on the event; raises SourceUnavailable."""
        if "{" not in self._path.container:
            await self._store.make_container(self._path.container)

    async def write(self, value: object, metadata: Mapping[str, object]) -> None:
        """Replace the blob by the value, unless it is the answer to that version already, or to a newer one.

        Raises InvalidPath, TypeError, BlobRefused or SourceUnavailable.
        """
        container, name = self._path.fill(metadata)
        facts = self._facts(metadata) if self._answers_blobs else {}
        async with blob_data(value, self._path.text) as data:
            if facts:
                replay = bool(metadata.get("Replay"))
                await self._answer(container, name, data.payload, data.content_type, facts, replay=replay)
            else:
                await self._store.write(container, name, data.payload, data.content_type)

    async def close(self) -> None:
        await self._store.close()

    def _facts(self, metadata: Mapping[str, object]) -> Mapping[str, str]:
        """What the output notes of the blob it answers; nothing when the function was run by hand for no version."""
        properties = metadata.get("Properties")
        if not isinstance(properties, Mapping) or "ETag" not in properties:
            return {}
        return {
            _SOURCE: str(metadata.get("BlobTrigger", "")),
            _ETAG: str(properties["ETag"]),
            _MODIFIED: str(properties.get("LastModified", "")),
            _DIGEST: self._digest,
        }

    async def _answer(
        self, container: str, name: str, payload: Payload, kind: str, facts: Mapping[str, str], *, replay: bool
    ) -> None:
        only_if = ABSENT
        for _ in range(_TRIES):
            written = await self._store.write(container, name, payload, kind, facts=facts, only_if=only_if)
            if written is not None:
                return
            present = await self._store.facts(container, name)
            if present is None:
                only_if = ABSENT
                continue
            if not replay and (told := _why_it_stays(present.facts, facts)):
                _log.info("The output %s/%s stays as it is: %s.", container, name, told)
                return
            only_if = present.version
        # Others keep replacing it; any of them is as good as this one.
        await self._store.write(container, name, payload, kind, facts=facts)


def _why_it_stays(present: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Empty for an output that is to be replaced. Times are ISO 8601 in one form, so they compare as text."""
    theirs = {key.lower(): value for key, value in present.items()}
    if theirs.get(_SOURCE.lower()) != ours[_SOURCE]:
        return ""
    if theirs.get(_MODIFIED.lower(), "") > ours[_MODIFIED]:
        return "it answers a newer version of the blob"
    same = all(theirs.get(key.lower(), "") == ours[key] for key in (_ETAG, _DIGEST))
    return "it answers this very version already" if same else ""


def blob_writer(context: BindingContext) -> OutputWriter:
    """The writer of one `blob` output; raises InvalidPath or ConnectionNotConfigured."""
    binding = context.binding
    path = BlobPath.parse(binding.option("path"))
    wanted_by = f"the blob output {binding.name!r} to {path.text!r}"
    connection = find_account(context.settings, binding.option("connection"), wanted_by=wanted_by)
    return BlobWriter(
        open_account(connection).blobs,
        path,
        answers_blobs=context.trigger.lower() == _BLOB_TRIGGER,
        digest=context.settings.get(DIGEST_SETTING, ""),
    )
