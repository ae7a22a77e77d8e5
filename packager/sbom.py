"""The bill of materials of an image: CycloneDX 1.6 as JSON, the same bytes for the same image."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from packager.config import DISTRIBUTION
from packager.oci.layout import ImageLayout
from packager.oci.manifest import Descriptor
from packager.sbom_inventory import DebianPackage, Inventory, PackagedModel, PythonPackage, read_inventory

MEDIA_TYPE = "application/vnd.cyclonedx+json"
_SPECIFICATION = "1.6"
_TITLE = "org.opencontainers.image.title"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:functions-packager:sbom")
_LOCKED = re.compile(r"^([\w.-]+)(?:\[[^\]]*\])?==(\S+)")
_NO_WHEELS: Mapping[str, str] = {}
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def image_sbom(layout: ImageLayout, image: Descriptor, wheels: Mapping[str, str] = _NO_WHEELS) -> bytes:
    """The SBOM of an image for one platform (a manifest, no index); raises InvalidImage.

    Python packages have a SHA-256 where the lock names one wheel, or one of `wheels` (file name -> SHA-256) is what was
    installed.
    """
    manifest = layout.manifest(image)
    config = layout.config(manifest)
    inventory = read_inventory(layout, manifest)
    root = _root(image, config.labels.get(_TITLE, "") or "image")
    components = [*_components(inventory, wheels)]
    document = {
        "$schema": f"http://cyclonedx.org/schema/bom-{_SPECIFICATION}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": _SPECIFICATION,
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, image.digest)}",
        "version": 1,
        "metadata": {
            **({"timestamp": config.created} if config.created else {}),
            "tools": {"components": [{"type": "application", "name": DISTRIBUTION, "version": version(DISTRIBUTION)}]},
            "component": root,
            "properties": [{"name": f"{DISTRIBUTION}:platform", "value": str(config.platform)}],
        },
        "components": components,
        "dependencies": [{"ref": root["bom-ref"], "dependsOn": [each["bom-ref"] for each in components]}],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _root(image: Descriptor, name: str) -> dict[str, Any]:
    reference = f"pkg:oci/{quote(name.lower(), safe='')}@{quote(image.digest, safe='')}"
    return {"type": "container", "bom-ref": reference, "name": name, "version": image.digest, "purl": reference}


def _components(inventory: Inventory, wheels: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    locked = _locked_hashes(inventory.lock)
    for package in inventory.python:
        yield _python(package, _wheel_hash(package, locked.get((package.name, package.version), ()), wheels))
    for debian in inventory.debian:
        yield _debian(debian, inventory.distribution)
    for model in inventory.models:
        yield _model(model)


def _python(package: PythonPackage, sha256: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{package.name}@{_quoted(package.version)}"
    made: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": package.name, "version": package.version}
    if package.licence_expression:
        made["licenses"] = [{"expression": package.licence_expression}]
    elif package.licence_name:
        made["licenses"] = [{"license": {"name": package.licence_name}}]
    return {**made, **_hashes(sha256), "purl": purl}


def _debian(package: DebianPackage, distribution: str) -> dict[str, Any]:
    vendor = distribution.partition("-")[0] or "debian"
    qualifiers = {"arch": package.architecture, "distro": distribution}
    written = "&".join(f"{name}={_quoted(value)}" for name, value in qualifiers.items() if value)
    purl = f"pkg:deb/{vendor}/{_quoted(package.name)}@{_quoted(package.version)}" + (f"?{written}" if written else "")
    source = {"properties": [{"name": f"{DISTRIBUTION}:source", "value": package.source}]} if package.source else {}
    made = {"type": "library", "bom-ref": purl, "name": package.name, "version": package.version, "purl": purl}
    return {**made, **source}


def _model(model: PackagedModel) -> dict[str, Any]:
    """A model with its files inside, which have the hashes."""
    reference = f"model:{model.name}@{model.version}"
    files = [
        {"type": "file", "bom-ref": f"{reference}/{name}", "name": name, **_hashes(sha256)}
        for name, sha256 in sorted(model.files.items())
    ]
    kind = "machine-learning-model"
    return {
        "type": kind,
        "bom-ref": reference,
        "name": model.name,
        "version": model.version,
        **({"components": files} if files else {}),
    }


def _hashes(sha256: str) -> dict[str, Any]:
    return {"hashes": [{"alg": "SHA-256", "content": sha256}]} if sha256 else {}


def _locked_hashes(lock: str) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """(name, version) -> the hashes of the wheels that the lock allows."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for entry in lock.replace("\\\n", " ").splitlines():
        if named := _LOCKED.match(entry):
            found[canonicalize_name(named[1]), named[2]] = tuple(_HASH.findall(entry))
    return found


def _wheel_hash(package: PythonPackage, locked: tuple[str, ...], wheels: Mapping[str, str]) -> str:
    """The hash of the wheel that was installed, or "" where that cannot be told."""
    if len(locked) == 1:
        return locked[0]
    for file, sha256 in wheels.items():
        try:
            name, wheel_version, _, tags = parse_wheel_filename(file)
        except InvalidWheelFilename:
            continue
        if (name, str(wheel_version)) == (package.name, package.version) and tags & package.tags:
            return sha256 if not locked or sha256 in locked else ""
    return ""


def _quoted(text: str) -> str:
    return quote(text, safe=":.-_~")
