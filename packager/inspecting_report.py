"""What inspecting an image comes to, for programs and for people."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from packager.staging.contract_file import PROOF_LABEL
from packager.staging.labels import BASE_DIGEST, BASE_NAME, LOCK_DIGEST, MODELS, OURS, SCHEMA, TRIGGERS

_UNITS = (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000))


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerInfo:
    """One layer, the lowest has the number 0."""

    digest: str
    size: int
    """Bytes: compressed as in a registry, or unpacked in a Docker Engine."""
    made_by: str = ""
    """What the image's history says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformImage:
    """The image for one platform."""

    platform: str
    digest: str
    """Of its manifest; in a Docker Engine, of its configuration."""
    layers: Sequence[LayerInfo]
    sbom: bool | None = None
    """Is a bill of materials attached? None where nothing can be: outside of registries."""

    @property
    def size(self) -> int:
        """Bytes of all layers."""
        return sum(each.size for each in self.layers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageContract:
    """What an image says of itself; empty where it does not, as of images that the packager did not make."""

    reference: str
    digest: str
    """What the name stands for: a manifest, or an index of several."""
    labels: Mapping[str, str]
    images: Sequence[PlatformImage]
    command: Sequence[str] = ()
    user: str = ""
    created: str = ""
    signed: bool | None = None
    """Is there a signature, by whomever? None outside of registries."""

    @property
    def platforms(self) -> Sequence[str]:
        """`linux/amd64`, ..."""
        return [each.platform for each in self.images]

    @property
    def triggers(self) -> Mapping[str, Any]:
        """Name of each trigger -> its options, with patterns and queues; none in a plain web service."""
        return self._table(TRIGGERS)

    @property
    def models(self) -> Mapping[str, str]:
        """`name:version` of each model -> the digest of the list of its files' hashes."""
        return self._table(MODELS)

    @property
    def lock(self) -> str:
        """The digest of requirements.lock."""
        return self.labels.get(LOCK_DIGEST, "")

    @property
    def schema(self) -> str:
        """The digest of the description of the service."""
        return self.labels.get(SCHEMA, "")

    @property
    def base(self) -> str:
        """Name and digest of the image it was made from: `name@sha256:...`."""
        parts = (self.labels.get(BASE_NAME, ""), self.labels.get(BASE_DIGEST, ""))
        return "@".join(part for part in parts if part)

    @property
    def proof(self) -> str:
        """How the proof of the package ended before the image was made."""
        return self.labels.get(PROOF_LABEL, "")

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {
            "reference": self.reference,
            "digest": self.digest,
            "created": self.created,
            "entryScript": self.labels.get(f"{OURS}.entry-script", ""),
            "python": self.labels.get(f"{OURS}.python", ""),
            "packager": self.labels.get(f"{OURS}.version", ""),
            "triggers": dict(self.triggers),
            "models": dict(self.models),
            "lock": self.lock,
            "schema": self.schema,
            "base": self.base,
            "proof": self.proof,
            "command": list(self.command),
            "user": self.user,
            "signed": self.signed,
            "images": [asdict(each) | {"size": each.size} for each in self.images],
            "labels": dict(self.labels),
        }

    def lines(self) -> Iterator[str]:
        """The same for people."""
        yield f"{self.reference}  {self.digest}"
        yield from self._facts()
        for image in self.images:
            yield f"{image.platform}: {_bytes(image.size)} in {len(image.layers)} layers, {image.digest}"
            if image.sbom is not None:
                yield f"  SBOM: {'attached' if image.sbom else 'none'}"
            for layer in image.layers:
                yield f"  {_bytes(layer.size):>9}  {layer.digest[:19]}  {layer.made_by}".rstrip()

    def _facts(self) -> Iterator[str]:
        triggers = [f"{name} {_written(options)}".strip() for name, options in self.triggers.items()]
        facts = {
            "Entry script": self.labels.get(f"{OURS}.entry-script", ""),
            "Triggers": "; ".join(triggers),
            "Models": "; ".join(f"{name} {digest}" for name, digest in self.models.items()),
            "Python": self.labels.get(f"{OURS}.python", ""),
            "Lock": self.lock,
            "Schema": self.schema,
            "Base": self.base,
            "Proof": self.proof,
            "Made by": " ".join(part for part in ("packager", self.labels.get(f"{OURS}.version", "")) if part),
            "Created": self.created,
            "Runs": " ".join(self.command),
            "User": self.user,
            "Signature": {None: "", True: "there is one; 'packager verify' says whose", False: "none"}[self.signed],
        }
        if f"{OURS}.version" not in self.labels:
            facts["Made by"] = "not by the packager: it has none of its labels"
        for name, text in facts.items():
            if text:
                yield f"{name + ':':14}{text}"

    def _table(self, label: str) -> Mapping[str, Any]:
        """The JSON object in a label; what somebody else wrote there counts as none."""
        try:
            found = json.loads(self.labels.get(label, "{}"))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def _bytes(size: int) -> str:
    """`107.0 MB`"""
    for unit, worth in _UNITS:
        if size >= worth:
            return f"{size / worth:.1f} {unit}"
    return f"{size} B"


def _written(options: object) -> str:
    if not isinstance(options, dict):
        return ""
    return ", ".join(f"{name}={value}" for name, value in options.items())
