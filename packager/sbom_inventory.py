"""What is in an image, read from its layers: Python packages, Debian packages, models, and the lock."""

import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import PurePosixPath

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.tags import Tag, parse_tag
from packaging.utils import canonicalize_name

from packager.errors import InvalidImage
from packager.locking import LOCK
from packager.oci.layout import ImageLayout
from packager.oci.manifest import Descriptor, Manifest

_DPKG = "var/lib/dpkg/"
_OS_RELEASES = ("etc/os-release", "usr/lib/os-release")
_MODELS = re.compile(r"(?:.*/)?azureml-models/([^/]+)/([^/]+)\.sha256")
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_LARGEST = 64 << 20
_LICENSE_CLASSIFIER = "License :: "
_LONGEST_LICENSE_NAME = 80
"""A longer text is the licence itself and not its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonPackage:
    """An installed distribution."""

    name: str
    version: str
    licence_expression: str = ""
    """SPDX."""
    licence_name: str = ""
    tags: frozenset[Tag] = frozenset()
    """Of the wheel that it was installed from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DebianPackage:
    """An installed package of Debian or a distribution made of it."""

    name: str
    version: str
    architecture: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedModel:
    """A model with the SHA-256 of each of its files."""

    name: str
    version: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All that an image says is in it, each kind sorted by name."""

    python: Sequence[PythonPackage] = ()
    debian: Sequence[DebianPackage] = ()
    models: Sequence[PackagedModel] = ()
    lock: str = ""
    """The text of requirements.lock, if there is one."""
    distribution: str = ""
    """`debian-12`, of /etc/os-release."""


def read_inventory(layout: ImageLayout, manifest: Manifest) -> Inventory:
    """Look through all layers, as they lie on each other; raises InvalidImage for one that cannot be read."""
    files: dict[str, bytes] = {}
    for layer in manifest.layers:
        _apply(layout, layer, files)
    python = {(each.name, each.version): each for each in _python_packages(files)}
    debian = {(each.name, each.architecture): each for each in _debian_packages(files)}
    locks = [data.decode() for path, data in files.items() if PurePosixPath(path).name == LOCK]
    return Inventory(
        python=[python[key] for key in sorted(python)],
        debian=[debian[key] for key in sorted(debian)],
        models=sorted(_models(files), key=lambda each: (each.name, each.version)),
        lock=locks[0] if locks else "",
        distribution=_distribution(files),
    )


def _apply(layout: ImageLayout, layer: Descriptor, files: dict[str, bytes]) -> None:
    """Take what matters out of one layer; what it removes of those below is removed."""
    try:
        with layout.open_blob(layer) as stream, tarfile.open(fileobj=stream, mode="r|*") as tar:
            for entry in tar:
                path = entry.name.removeprefix("./").lstrip("/")
                _remove(path, files)
                if entry.isfile() and entry.size <= _LARGEST and _matters(path):
                    content = tar.extractfile(entry)
                    files[path] = content.read() if content is not None else b""
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise InvalidImage(
            f"The layer {layer.digest} ({layer.media_type}) cannot be read as a tar: {error}. It is damaged, or packed "
            "in a way that is not known; gzip and bzip2 are."
        ) from error


def _remove(path: str, files: dict[str, bytes]) -> None:
    folder, _, name = path.rpartition("/")
    if not name.startswith(_WHITEOUT):
        return
    gone = folder if name == _OPAQUE else f"{folder}/{name.removeprefix(_WHITEOUT)}".lstrip("/")
    for each in [each for each in files if each == gone or each.startswith(f"{gone}/")]:
        del files[each]


def _matters(path: str) -> bool:
    if path.endswith((".dist-info/METADATA", ".dist-info/WHEEL")) or path in _OS_RELEASES:
        return True
    if path == f"{_DPKG}status" or (path.startswith(f"{_DPKG}status.d/") and not path.endswith(".md5sums")):
        return True
    return PurePosixPath(path).name == LOCK or _MODELS.fullmatch(path) is not None


def _python_packages(files: Mapping[str, bytes]) -> Iterator[PythonPackage]:
    for path, data in files.items():
        if not path.endswith(".dist-info/METADATA"):
            continue
        said = HeaderParser().parsestr(data.decode(errors="replace"))
        wheel = HeaderParser().parsestr(files.get(path.replace("METADATA", "WHEEL"), b"").decode(errors="replace"))
        if not said.get("Name") or not said.get("Version"):
            continue
        named = _licence_name(said.get("License", ""), said.get_all("Classifier", []))
        yield PythonPackage(
            name=canonicalize_name(said["Name"]),
            version=said["Version"],
            licence_expression=said.get("License-Expression", "") or _spdx(named),
            licence_name=named,
            tags=frozenset(tag for each in wheel.get_all("Tag", []) for tag in parse_tag(each.strip())),
        )


def _licence_name(text: str, classifiers: Sequence[str]) -> str:
    if text.strip() and text.strip() != "UNKNOWN" and "\n" not in text.strip() and len(text) <= _LONGEST_LICENSE_NAME:
        return text.strip()
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith(_LICENSE_CLASSIFIER)]
    return " / ".join(named)


def _spdx(name: str) -> str:
    """The SPDX expression that a licence's name is, or "" for one that is none."""
    try:
        return canonicalize_license_expression(name)
    except InvalidLicenseExpression:
        return ""


def _debian_packages(files: Mapping[str, bytes]) -> Iterator[DebianPackage]:
    """Of dpkg's own list, or of the folder of lists that bases without dpkg keep."""
    for path, data in files.items():
        if not path.startswith(_DPKG):
            continue
        for paragraph in re.split(r"\n\s*\n", data.decode(errors="replace")):
            said = HeaderParser().parsestr(paragraph.lstrip("\n"))
            if said.get("Package") and said.get("Version") and "installed" in said.get("Status", "installed").split():
                yield DebianPackage(
                    name=said["Package"],
                    version=said["Version"],
                    architecture=said.get("Architecture", ""),
                    source=said.get("Source", "").partition(" ")[0],
                )


def _models(files: Mapping[str, bytes]) -> Iterator[PackagedModel]:
    for path, data in files.items():
        if found := _MODELS.fullmatch(path):
            lines = (line.split("  ", 1) for line in data.decode().splitlines() if "  " in line)
            yield PackagedModel(name=found[1], version=found[2], files={name: sha256 for sha256, name in lines})


def _distribution(files: Mapping[str, bytes]) -> str:
    text = next((files[path].decode() for path in _OS_RELEASES if path in files), "")
    said = {name: value.strip("\"'") for name, _, value in (line.partition("=") for line in text.splitlines())}
    return "-".join(part for part in (said.get("ID", ""), said.get("VERSION_ID", "")) if part)
