"""One repository of a registry by OCI's distribution API: manifests, blobs, tags and what is attached to an image."""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError

from packager.errors import InvalidImage
from packager.oci.connecting import RegistryAccess
from packager.oci.manifest import INDEX_TYPES, MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST, Descriptor
from packager.oci.reference import ImageReference
from packager.oci.refusals import unreachable
from packager.oci.transport import Call, Transport

_ACCEPTED = ", ".join((*MANIFEST_TYPES, *INDEX_TYPES))
_MOST_OF_A_MANIFEST = 4 << 20
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedManifest:
    """A manifest or an index as the registry gave it, its bytes compared with the digest."""

    descriptor: Descriptor
    data: bytes


class Repository:
    """The images below one name in one registry; several threads may use it.

    Every method raises one of ImageRegistryError's children when the registry refuses or cannot be reached, and
    InvalidImage when what it gives is not what its digest says.
    """

    def __init__(self, reference: ImageReference, access: RegistryAccess | None = None) -> None:
        """`reference` names registry and repository; its tag and digest are of no importance."""
        self.transport = Transport(reference.registry, access or RegistryAccess())
        self.path = reference.path
        self.reference = reference

    @property
    def name(self) -> str:
        """For messages: `registry.example.com/team/diabetes`."""
        return f"{self.transport.registry}/{self.path}"

    @property
    def reading(self) -> str:
        """The rights that reading needs."""
        return f"repository:{self.path}:pull"

    @property
    def writing(self) -> str:
        """The rights that writing needs."""
        return f"repository:{self.path}:pull,push"

    def url(self, rest: str) -> str:
        """A path below the registry's address."""
        return f"v2/{self.path}/{rest}"

    def manifest(self, wanted: str) -> FetchedManifest:
        """The manifest or index of a tag or digest; raises NotInRegistry."""
        call = self._manifest_call("GET", wanted, doing=f"give {self._spoken(wanted)}")
        response = self.transport.expect(call, 200)
        data = response.data
        if len(data) > _MOST_OF_A_MANIFEST:
            raise InvalidImage(
                f"The manifest of {self._spoken(wanted)} has {len(data)} bytes, more than any manifest has."
            )
        promised = wanted if ":" in wanted else response.headers.get("Docker-Content-Digest", "")
        digest = checked_digest(data, promised, f"The manifest of {self._spoken(wanted)}")
        said = response.headers.get("Content-Type", "").partition(";")[0].strip()
        media_type = media_type_of(data, f"The manifest of {self._spoken(wanted)}", said)
        return FetchedManifest(descriptor=Descriptor(media_type=media_type, digest=digest, size=len(data)), data=data)

    def digest(self, wanted: str) -> str:
        """The digest that a tag stands for now, or "" if there is no such tag or manifest."""
        call = self._manifest_call("HEAD", wanted, doing=f"tell of {self._spoken(wanted)}")
        response = self.transport.send(call)
        if response.status == 404:
            return ""
        if response.status != 200:
            raise self.transport.refusal(call, response)
        found = response.headers.get("Docker-Content-Digest", "")
        # The header is optional.
        return found or self.manifest(wanted).descriptor.digest

    def push_manifest(self, data: bytes, media_type: str, wanted: str) -> urllib3.BaseHTTPResponse:
        """Put a manifest or index under a tag or under its own digest; the blobs it names must be there already."""
        call = Call(
            method="PUT",
            url=self.url(f"manifests/{quote(wanted, safe=':')}"),
            scope=self.writing,
            doing=f"take {self._spoken(wanted)}",
            headers={"Content-Type": media_type},
            body=data,
        )
        return self.transport.expect(call, 201, 202)

    def has_blob(self, digest: str) -> bool:
        """Is the blob there? Asked by those who are about to push, with the rights for that.

        A repository that does not exist yet may be hidden from those who only want to read.
        """
        call = replace(self.blob_call("HEAD", digest, doing="tell of"), scope=self.writing)
        response = self.transport.send(call)
        if response.status not in {200, 404}:
            raise self.transport.refusal(call, response)
        return response.status == 200

    def blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """The blob in pieces, over as many connections as it takes; its digest is the caller's to compare."""
        got, failures = 0, 0
        while True:
            before = got
            try:
                for piece in self._pieces(descriptor, got):
                    got += len(piece)
                    yield piece
            except HTTPError as error:
                failures = 1 if got > before else failures + 1
                if failures > self.transport.access.tries:
                    raise unreachable(self.transport.registry, error) from error
                time.sleep(self.transport.access.backoff * 2.0 ** (failures - 1))
                continue
            return

    def whole_blob(self, descriptor: Descriptor) -> bytes:
        """A small blob, its bytes compared with the digest."""
        data = b"".join(self.blob(descriptor))
        checked_digest(data, descriptor.digest, f"The blob {descriptor.digest} of {self.name}")
        return data

    def verify_blob(self, descriptor: Descriptor) -> None:
        """Fetch a blob of any size only to compare it with its digest; raises InvalidImage when it is another one."""
        hashed = hashlib.new(descriptor.digest.partition(":")[0])
        for piece in self.blob(descriptor):
            hashed.update(piece)
        found = f"{hashed.name}:{hashed.hexdigest()}"
        if found != descriptor.digest:
            raise _another(f"The blob {descriptor.digest} of {self.name}", descriptor.digest, found)

    def blob_call(self, method: str, digest: str, *, doing: str, start: int = 0) -> Call:
        """A call about a blob, from byte `start` on."""
        return Call(
            method=method,
            url=self.url(f"blobs/{digest}"),
            scope=self.reading,
            doing=f"{doing} the blob {digest} of {self.name}",
            headers={"Range": f"bytes={start}-"} if start else {},
            stream=method == "GET",
        )

    def _manifest_call(self, method: str, wanted: str, *, doing: str) -> Call:
        url = self.url(f"manifests/{quote(wanted, safe=':')}")
        return Call(method=method, url=url, scope=self.reading, doing=doing, headers={"Accept": _ACCEPTED})

    def _pieces(self, descriptor: Descriptor, start: int) -> Iterator[bytes]:
        """What comes of a blob from byte `start` on; raises urllib3's HTTPError when the connection drops."""
        call = self.blob_call("GET", descriptor.digest, doing="give", start=start)
        response = self.transport.send(call)
        try:
            if response.status not in {200, 206}:
                raise self.transport.refusal(call, response)
            # One that knows no ranges begins again at the first byte.
            skipped = start if response.status == 200 else 0
            left = descriptor.size - start
            for piece in response.stream(_PIECE, decode_content=False):
                new = piece[skipped:] if skipped < len(piece) else b""
                skipped = max(skipped - len(piece), 0)
                left -= len(new)
                if left < 0:
                    raise InvalidImage(
                        f"The registry {self.transport.registry} gives more for the blob {descriptor.digest} of "
                        f"{self.name} than its {descriptor.size} bytes; it is not what its digest says."
                    )
                yield new
            if left:
                raise urllib3.exceptions.IncompleteRead(descriptor.size - left, left)
        finally:
            response.close()

    def _spoken(self, wanted: str) -> str:
        return f"{self.name}{'@' if ':' in wanted else ':'}{wanted}"


def checked_digest(data: bytes, promised: str, what: str) -> str:
    """The digest of the bytes, by the promised one's algorithm; raises InvalidImage when it is another one."""
    algorithm = promised.partition(":")[0] or "sha256"
    if algorithm not in {"sha256", "sha512"}:
        raise InvalidImage(f"{what} has the digest {promised!r}, which is neither of sha256 nor of sha512.")
    found = f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"
    if promised and found != promised:
        raise _another(what, promised, found)
    return found


def _another(what: str, promised: str, found: str) -> InvalidImage:
    return InvalidImage(
        f"{what} is not what its digest {promised} says: the registry gave bytes with {found}. It was damaged or "
        "changed; do not use it."
    )


def media_type_of(data: bytes, what: str, said: str = "") -> str:
    """The type that a manifest or index says it has, else `said`; raises InvalidImage for what is neither."""
    document = _object(data, what)
    written = str(document.get("mediaType") or said or (OCI_INDEX if "manifests" in document else OCI_MANIFEST))
    if written not in {*MANIFEST_TYPES, *INDEX_TYPES}:
        raise InvalidImage(
            f"{what} is of the type {written!r}, which cannot be read; images and indexes of OCI and of Docker's "
            "second version can."
        )
    return written


def _object(data: bytes, what: str) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except ValueError as error:
        raise InvalidImage(f"{what} is no JSON: {error}.") from error
    if not isinstance(document, dict):
        raise InvalidImage(f"{what} is no JSON object.")
    return document


def next_page(response: urllib3.BaseHTTPResponse) -> str:
    """The URL in `Link: <url>; rel="next"`, or ""."""
    link = response.headers.get("Link", "")
    return link[1 : link.index(">")] if link.startswith("<") and 'rel="next"' in link and ">" in link else ""
