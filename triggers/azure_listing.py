"""The XML of a container's listing, read without an object for each of its many elements that nobody needs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import unquote
from xml.etree import ElementTree

from triggers.blob_store import BlobInfo

_MONTHS = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
    "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip


def read_listing(xml: bytes, container: str) -> tuple[Sequence[BlobInfo], str]:
    """The blobs of one page, and the marker of the next one; empty after the last. Raises ValueError.

    A listing is the account's own, and expat bounds what entities in it could unfold to.
    """
    try:
        root = ElementTree.fromstring(xml)  # noqa: S314 because of the above
        blobs = [_blob(blob, container) for blob in root.iterfind("Blobs/Blob")]
    except (ElementTree.ParseError, LookupError) as error:
        raise ValueError(f"no listing of blobs: {error}") from error
    return blobs, root.findtext("NextMarker") or ""


def http_date(text: str) -> datetime:
    """The time that a header means, such as `Sun, 06 Nov 1994 08:49:37 GMT`; raises LookupError or ValueError."""
    return datetime(
        int(text[12:16]), _MONTHS[text[8:11]], int(text[5:7]), int(text[17:19]), int(text[20:22]), int(text[23:25]),
        tzinfo=UTC,
    )  # fmt: skip


def _blob(element: ElementTree.Element, container: str) -> BlobInfo:
    name, properties = element.find("Name"), element.find("Properties")
    if name is None or properties is None:
        raise ValueError("a blob without a name or properties")
    text, etag = name.text or "", properties.findtext("Etag") or ""
    return BlobInfo(
        container=container,
        # Encoded, where it has characters that XML cannot have.
        name=unquote(text) if name.get("Encoded") == "true" else text,
        etag=etag if etag.startswith('"') else f'"{etag}"',
        last_modified=http_date(properties.findtext("Last-Modified") or ""),
    )
