"""Sign images in a registry and verify them, by a key pair, in cosign's form."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packager.errors import NotInRegistry, SignatureRefused
from packager.image_reference import ImageReference
from packager.oci.connecting import RegistryAccess
from packager.oci.manifest import (
    INDEX_TYPES,
    OCI_CONFIG,
    OCI_MANIFEST,
    Descriptor,
    Index,
    Manifest,
    canonical,
    describe,
)
from packager.oci.referrers import fallback_tag, push_bytes
from packager.oci.registry import FetchedManifest, Repository
from packager.signing_keys import load_private_key, load_public_key

SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
SIGNATURE = "dev.cosignproject.cosign/signature"
_TYPE = "cosign container image signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found to be right."""

    reference: str
    digest: str
    signatures: int
    """How many are by the key."""
    blobs: int
    bytes: int
    """Of all blobs, each compared with its digest."""


def sign_image(
    reference: str, key: str | Path, *, password: str | None = None, access: RegistryAccess | None = None
) -> str:
    """Sign what a name stands for in its registry now; `repository@sha256:...` of it.

    `key` is a private key as PEM, `password` that of the key ($PACKAGER_KEY_PASSWORD without one). The signature goes
    to the tag `sha256-<hex>.sig` of the same repository; a second one by the same key is not added. Of an index the
    index is signed. Raises InvalidPackageRequest, ImageRegistryError's children.
    """
    private = load_private_key(key, password)
    image = ImageReference.parse(reference)
    repository = Repository(image, access)
    digest = repository.manifest(image.wanted).descriptor.digest
    there = _signatures(repository, digest)
    if not any(_is_by(private.public_key(), each) and _image_of(each.payload) == digest for each in there):
        payload = _payload(image.repository, digest)
        made = _Signature(payload=payload, signature=_sign(private, payload))
        _push(repository, digest, [*there, made])
    return str(image.at(digest))


def verify_image(reference: str, key: str | Path, *, access: RegistryAccess | None = None) -> Verification:
    """Refuse an image that is not signed by the key, or any of whose parts is not what its digest says.

    `key` is a public key as PEM. Every blob of every platform is fetched and compared. Raises SignatureRefused,
    InvalidImage for a part that was changed, InvalidPackageRequest and ImageRegistryError's children.
    """
    public = load_public_key(key)
    image = ImageReference.parse(reference)
    repository = Repository(image, access)
    fetched = repository.manifest(image.wanted)
    good = _verified(repository, fetched.descriptor.digest, public, str(key))
    blobs = {each.digest: each for each in _blobs(repository, fetched)}
    for each in blobs.values():
        repository.verify_blob(each)
    return Verification(
        reference=str(image.at(fetched.descriptor.digest)),
        digest=fetched.descriptor.digest,
        signatures=good,
        blobs=len(blobs),
        bytes=sum(each.size for each in blobs.values()),
    )


def is_signed(repository: Repository, digest: str) -> bool:
    """Is there any signature of that image? Whose is not looked at."""
    return bool(_signatures(repository, digest))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signature:
    payload: bytes
    signature: bytes


def _verified(repository: Repository, digest: str, public: Any, key: str) -> int:
    """How many signatures of an image are by the key; raises SignatureRefused when none is."""
    name = f"{repository.name}@{digest}"
    there = _signatures(repository, digest)
    if not there:
        raise SignatureRefused(f"{name} is not signed; sign it with 'packager sign', or do not use it.")
    ours = [each for each in there if _is_by(public, each)]
    if not ours:
        raise SignatureRefused(
            f"{name} is signed, but not by the key {key}: {len(there)} signature(s) by others or changed. Do not use "
            "it unless you know why."
        )
    good = [each for each in ours if _image_of(each.payload) == digest]
    if not good:
        others = ", ".join(_image_of(each.payload) or "nothing" for each in ours)
        raise SignatureRefused(
            f"The signature of {name} is by the key {key}, but of another image ({others}): it was moved. Do not "
            "use it."
        )
    return len(good)


def _signatures(repository: Repository, digest: str) -> list[_Signature]:
    try:
        fetched = repository.manifest(_tag(digest))
    except NotInRegistry:
        return []
    layers = Manifest.parse(fetched.data, f"The signatures of {digest}").layers
    return [
        _Signature(payload=repository.whole_blob(each), signature=_decoded(each.annotations.get(SIGNATURE, "")))
        for each in layers
        if each.media_type == SIMPLE_SIGNING
    ]


def _push(repository: Repository, digest: str, signatures: Sequence[_Signature]) -> None:
    layers = []
    for each in signatures:
        described = describe(each.payload, SIMPLE_SIGNING)
        push_bytes(repository, described, each.payload)
        text = base64.b64encode(each.signature).decode("ascii")
        layers.append(replace(described, annotations={SIGNATURE: text}))
    # What cosign writes there: it looks for an image.
    diff_ids = [each.digest for each in layers]
    empty = {"architecture": "", "os": "", "config": {}, "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    config = canonical(empty)
    described = describe(config, OCI_CONFIG)
    push_bytes(repository, described, config)
    repository.push_manifest(Manifest(config=described, layers=layers).to_bytes(), OCI_MANIFEST, _tag(digest))


def _payload(repository: str, digest: str) -> bytes:
    critical = {
        "identity": {"docker-reference": repository},
        "image": {"docker-manifest-digest": digest},
        "type": _TYPE,
    }
    return canonical({"critical": critical, "optional": None})


def _image_of(payload: bytes) -> str:
    """The digest that a payload is about, or "" when it is about none."""
    try:
        critical = json.loads(payload)["critical"]
        return str(critical["image"]["docker-manifest-digest"]) if critical["type"] == _TYPE else ""
    except (ValueError, KeyError, TypeError):
        return ""


def _sign(private: Any, payload: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    return bytes(private.sign(payload, ec.ECDSA(hashes.SHA256())))


def _is_by(public: Any, signature: _Signature) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        public.verify(signature.signature, signature.payload, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _tag(digest: str) -> str:
    return f"{fallback_tag(digest)}.sig"


def _blobs(repository: Repository, fetched: FetchedManifest) -> Iterator[Descriptor]:
    """Config and layers of an image, or of all images of an index, whose manifests are compared on the way."""
    where = f"The manifest {fetched.descriptor.digest}"
    if fetched.descriptor.media_type in INDEX_TYPES:
        for each in Index.parse(fetched.data, where).manifests:
            yield from _blobs(repository, repository.manifest(each.digest))
        return
    manifest = Manifest.parse(fetched.data, where)
    yield from (manifest.config, *manifest.layers)
