"""What is attached to an image in a registry: by the referrers API, and by a tag where a registry has none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packager.errors import NotInRegistry
from packager.oci.manifest import OCI_EMPTY, OCI_INDEX, OCI_MANIFEST, Descriptor, Index, Manifest, describe
from packager.oci.registry import Repository, next_page
from packager.oci.transport import Call
from packager.oci.uploading import BlobSource, BlobUpload

_EMPTY = b"{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A document to be attached to an image."""

    artifact_type: str
    media_type: str
    data: bytes
    annotations: Mapping[str, str] = field(default_factory=dict)


def referrers(repository: Repository, digest: str) -> Sequence[Descriptor]:
    """The manifests whose subject is `digest`, with their artefact types; none when nothing is attached."""
    found: list[Descriptor] = []
    url = repository.url(f"referrers/{digest}")
    while url:
        call = Call(
            method="GET",
            url=url,
            scope=repository.reading,
            doing=f"tell what is attached to {repository.name}@{digest}",
            headers={"Accept": OCI_INDEX},
        )
        response = repository.transport.send(call)
        if response.status not in {200, 404}:
            raise repository.transport.refusal(call, response)
        if response.status == 404 or not response.headers.get("Content-Type", "").startswith(OCI_INDEX):
            return _tagged(repository, digest)
        found += Index.parse(response.data, f"The list of referrers of {digest}").manifests
        url = next_page(response)
    return found


def attach(repository: Repository, subject: Descriptor, attachment: Attachment) -> Descriptor:
    """Push a document as an artefact whose subject is an image; the artefact's manifest.

    The same document is attached once, however often this is called. Where the registry does not list what is
    attached, the tag `sha256-<hex>` does.
    """
    config = describe(_EMPTY, OCI_EMPTY)
    layer = describe(attachment.data, attachment.media_type)
    push_bytes(repository, config, _EMPTY)
    push_bytes(repository, layer, attachment.data)
    data = Manifest(
        config=config,
        layers=(layer,),
        annotations=attachment.annotations,
        subject=Descriptor(media_type=subject.media_type, digest=subject.digest, size=subject.size),
        artifact_type=attachment.artifact_type,
    ).to_bytes()
    made = describe(data, OCI_MANIFEST)
    response = repository.push_manifest(data, OCI_MANIFEST, made.digest)
    listed = Descriptor(
        media_type=made.media_type,
        digest=made.digest,
        size=made.size,
        annotations=attachment.annotations,
        artifact_type=attachment.artifact_type,
    )
    if response.headers.get("OCI-Subject") != subject.digest:
        _tag(repository, subject.digest, listed)
    return listed


def fetch_attached(repository: Repository, attached: Descriptor) -> bytes:
    """The document of an artefact, verified."""
    manifest = Manifest.parse(repository.manifest(attached.digest).data, f"The artefact {attached.digest}")
    return repository.whole_blob(manifest.layers[0])


def push_bytes(repository: Repository, descriptor: Descriptor, data: bytes) -> None:
    """Push a small blob if it is not there yet."""
    if not repository.has_blob(descriptor.digest):
        BlobUpload(repository).push(BlobSource.of(descriptor, data))


def fallback_tag(digest: str) -> str:
    """The tag that lists what is attached to `digest`: `sha256-<hex>`."""
    return digest.replace(":", "-", 1)


def _tagged(repository: Repository, digest: str) -> Sequence[Descriptor]:
    try:
        fetched = repository.manifest(fallback_tag(digest))
    except NotInRegistry:
        return ()
    return Index.parse(fetched.data, f"The list of referrers of {digest}").manifests


def _tag(repository: Repository, digest: str, listed: Descriptor) -> None:
    others = [each for each in _tagged(repository, digest) if each.digest != listed.digest]
    index = Index(manifests=[*others, listed]).to_bytes()
    repository.push_manifest(index, OCI_INDEX, fallback_tag(digest))
