"""Descriptors, manifests, image configurations and indexes: frozen records, and the same bytes for the same record."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from packager.errors import InvalidImage

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX_TYPES = (OCI_INDEX, DOCKER_INDEX)
MANIFEST_TYPES = (OCI_MANIFEST, DOCKER_MANIFEST)
REFERENCE = "org.opencontainers.image.ref.name"
"""The annotation by which an index names one of its entries."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_EMPTY: Mapping[str, str] = {}


def digest_of(data: bytes) -> str:
    """`sha256:...` of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def canonical(document: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and no spaces."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What an image runs on: `linux/amd64`, `linux/arm/v7`."""

    os: str = "linux"
    architecture: str
    variant: str = ""

    @classmethod
    def of(cls, text: str) -> "Platform":
        """Parse `os/architecture[/variant]`; raises InvalidImage."""
        parts = text.split("/")
        if len(parts) not in (2, 3) or not all(parts):
            raise InvalidImage(f"{text!r} is not a platform such as 'linux/amd64' or 'linux/arm/v7'.")
        return cls(os=parts[0], architecture=parts[1], variant=parts[2] if len(parts) == 3 else "")

    def fits(self, other: "Platform") -> bool:
        """Is an image for `other` one for this platform? arm64 is arm64/v8, as it has no other variant."""
        same = (self.os, self.architecture) == (other.os, other.architecture)
        return same and (self.architecture == "arm64" or not self.variant or self.variant == other.variant)

    def document(self) -> dict[str, Any]:
        variant = {"variant": self.variant} if self.variant else {}
        return {"os": self.os, "architecture": self.architecture, **variant}

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """What names a blob: its type, digest and size in bytes."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str = ""

    def __post_init__(self) -> None:
        if not _DIGEST.fullmatch(self.digest):
            raise InvalidImage(f"{self.digest!r} is not a digest such as 'sha256:' and 64 hexadecimal digits.")
        if self.size < 0:
            raise InvalidImage(f"The blob {self.digest} has the impossible size {self.size}.")

    @classmethod
    def parse(cls, document: Any, where: str) -> "Descriptor":
        """From the JSON object of a manifest or an index; raises InvalidImage naming `where`."""
        found = _object(document, f"a descriptor in {where}")
        platform = found.get("platform")
        return cls(
            media_type=_text(found, "mediaType", where),
            digest=_text(found, "digest", where),
            size=_number(found, "size", where),
            platform=_platform(platform, where) if platform is not None else None,
            annotations=_annotations(found, where),
            artifact_type=str(found.get("artifactType") or ""),
        )

    def document(self) -> dict[str, Any]:
        made: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        made |= {"platform": self.platform.document()} if self.platform is not None else {}
        made |= {"artifactType": self.artifact_type} if self.artifact_type else {}
        return made | ({"annotations": dict(self.annotations)} if self.annotations else {})


def describe(data: bytes, media_type: str, *, platform: Platform | None = None, artifact_type: str = "") -> Descriptor:
    """The descriptor of some bytes."""
    return Descriptor(
        media_type=media_type,
        digest=digest_of(data),
        size=len(data),
        platform=platform,
        artifact_type=artifact_type,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One image for one platform, or one artefact: its configuration and its layers, the lowest first."""

    config: Descriptor
    layers: Sequence[Descriptor]
    media_type: str = OCI_MANIFEST
    annotations: Mapping[str, str] = field(default_factory=dict)
    subject: Descriptor | None = None
    """What this one is attached to."""
    artifact_type: str = ""

    @classmethod
    def parse(cls, data: bytes, where: str) -> "Manifest":
        """Raises InvalidImage naming `where` for bytes that are no manifest, and for an index."""
        found = _parsed(data, where)
        if "config" not in found or "layers" not in found:
            raise InvalidImage(f"{where} is no image manifest: it has no config or no layers.")
        return cls(
            config=Descriptor.parse(found["config"], where),
            layers=tuple(Descriptor.parse(each, where) for each in _list(found, "layers", where)),
            media_type=str(found.get("mediaType") or OCI_MANIFEST),
            annotations=_annotations(found, where),
            subject=_subject(found, where),
            artifact_type=str(found.get("artifactType") or ""),
        )

    def to_bytes(self) -> bytes:
        made: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": self.media_type,
            "config": self.config.document(),
            "layers": [each.document() for each in self.layers],
        }
        return canonical(made | _shared(self.annotations, self.subject, self.artifact_type))


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Several manifests under one digest: an image for several platforms, or all that a layout holds."""

    manifests: Sequence[Descriptor] = ()
    media_type: str = OCI_INDEX
    annotations: Mapping[str, str] = field(default_factory=dict)
    subject: Descriptor | None = None
    artifact_type: str = ""

    @classmethod
    def parse(cls, data: bytes, where: str) -> "Index":
        """Raises InvalidImage naming `where` for bytes that are no index."""
        found = _parsed(data, where)
        return cls(
            manifests=tuple(Descriptor.parse(each, where) for each in _list(found, "manifests", where)),
            media_type=str(found.get("mediaType") or OCI_INDEX),
            annotations=_annotations(found, where),
            subject=_subject(found, where),
            artifact_type=str(found.get("artifactType") or ""),
        )

    def to_bytes(self) -> bytes:
        made: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": self.media_type,
            "manifests": [each.document() for each in self.manifests],
        }
        return canonical(made | _shared(self.annotations, self.subject, self.artifact_type))

    def for_platform(self, platform: Platform, where: str) -> Descriptor:
        """The entry for that platform; raises InvalidImage naming those there are."""
        for each in self.manifests:
            if each.platform is not None and platform.fits(each.platform):
                return each
        known = ", ".join(str(each.platform) for each in self.manifests if each.platform) or "none"
        raise InvalidImage(f"{where} has no image for {platform}; it has {known}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """What an image runs on, how it starts, and the digests of its unpacked layers."""

    platform: Platform
    settings: Mapping[str, Any] = field(default_factory=dict)
    """How a container starts, in OCI's (and Docker's) words: Env, Cmd, Entrypoint, User, Labels ..."""
    diff_ids: Sequence[str] = ()
    history: Sequence[Mapping[str, Any]] = ()
    created: str = ""
    """RFC 3339."""

    @classmethod
    def parse(cls, data: bytes, where: str) -> "ImageConfig":
        """Raises InvalidImage naming `where` for bytes that are no configuration of an image."""
        found = _parsed(data, where)
        rootfs = _object(found.get("rootfs"), f"rootfs in {where}")
        settings = found.get("config") or {}
        return cls(
            platform=_platform(found, where),
            settings=_object(settings, f"config in {where}"),
            diff_ids=tuple(str(each) for each in _list(rootfs, "diff_ids", where)),
            history=tuple(_object(each, f"history in {where}") for each in found.get("history") or ()),
            created=str(found.get("created") or ""),
        )

    def to_bytes(self) -> bytes:
        made: dict[str, Any] = {
            **self.platform.document(),
            "config": dict(self.settings),
            "rootfs": {"type": "layers", "diff_ids": list(self.diff_ids)},
        }
        made |= {"history": [dict(each) for each in self.history]} if self.history else {}
        return canonical(made | ({"created": self.created} if self.created else {}))

    @property
    def environment(self) -> Mapping[str, str]:
        """Env as a table."""
        pairs = (str(each).partition("=") for each in self.settings.get("Env") or ())
        return {name: value for name, _, value in pairs}

    @property
    def labels(self) -> Mapping[str, str]:
        return {str(name): str(value) for name, value in (self.settings.get("Labels") or {}).items()}


def _shared(annotations: Mapping[str, str], subject: Descriptor | None, artifact_type: str) -> dict[str, Any]:
    made: dict[str, Any] = {"annotations": dict(annotations)} if annotations else {}
    made |= {"subject": subject.document()} if subject is not None else {}
    return made | ({"artifactType": artifact_type} if artifact_type else {})


def _subject(found: Mapping[str, Any], where: str) -> Descriptor | None:
    return Descriptor.parse(found["subject"], where) if found.get("subject") is not None else None


def _parsed(data: bytes, where: str) -> Mapping[str, Any]:
    try:
        document = json.loads(data)
    except ValueError as error:
        raise InvalidImage(f"{where} is no JSON: {error}.") from error
    return _object(document, where)


def _object(document: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        raise InvalidImage(f"{where} should be a JSON object, but is {str(document)[:60]!r}.")
    return document


def _list(found: Mapping[str, Any], key: str, where: str) -> list[Any]:
    value = found.get(key)
    if not isinstance(value, list):
        raise InvalidImage(f"{where} has no list {key!r}.")
    return value


def _text(found: Mapping[str, Any], key: str, where: str) -> str:
    value = found.get(key)
    if not isinstance(value, str):
        raise InvalidImage(f"{where} has a descriptor without {key!r}.")
    return value


def _number(found: Mapping[str, Any], key: str, where: str) -> int:
    value = found.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidImage(f"{where} has a descriptor whose {key!r} is {value!r}, which is no number of bytes.")
    return value


def _platform(document: Any, where: str) -> Platform:
    found = _object(document, f"the platform in {where}")
    return Platform(
        os=str(found.get("os") or "linux"),
        architecture=str(found.get("architecture") or "unknown"),
        variant=str(found.get("variant") or ""),
    )


def _annotations(found: Mapping[str, Any], where: str) -> Mapping[str, str]:
    given = _object(found.get("annotations") or _EMPTY, f"annotations in {where}")
    return {str(name): str(value) for name, value in given.items()}
