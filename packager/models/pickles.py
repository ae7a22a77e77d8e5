"""Which scikit-learn wrote a pickle, read out of the file without running any of it."""

import bz2
import gzip
import lzma
import pickletools
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from packager.models.contract import ModelVersion
from packager.models.downloading import registered_files

_MARKER = b"_sklearn_version"
_ENOUGH = 256
"""Bytes behind the marker that hold the version."""
_CHUNK = 4 << 20
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_OPENERS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
    b"\x5d\x00\x00": lzma.open,
}


def sklearn_warnings(models: Iterable[ModelVersion], requirements: Iterable[Requirement]) -> list[str]:
    """A sentence for each model that another scikit-learn wrote than the requirements allow, with both versions."""
    wanted = [each for each in requirements if canonicalize_name(each.name) == "scikit-learn"]
    pinned = [each for each in wanted if each.specifier]
    if not pinned:
        return []
    warnings = []
    for model in models:
        for relative, file in registered_files(model, model.path).items():
            version = sklearn_version(file)
            if version and not all(each.specifier.contains(version, prereleases=True) for each in pinned):
                warnings.append(
                    f"Model {model.id}: {relative} was written by scikit-learn {version}, but the environment asks for "
                    f"{pinned[0]}. Estimators of another version may fail or answer wrongly: ask for "
                    f"scikit-learn=={version}, or train the model again."
                )
    return warnings


def sklearn_version(file: Path) -> str | None:
    """The version of scikit-learn in a pickle, also one of joblib, compressed or not; None without one.

    The file is searched, not loaded: nothing in it runs. What is no pickle is not read to its end.
    """
    try:
        for found in _behind_marker(_plain(file)):
            if version := _first_text(found):
                return version
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return None  # a file that only begins like a pickle is none
    return None


def _plain(file: Path) -> Iterator[bytes]:
    """The pickle in pieces, as it was before it was compressed; nothing for any other file."""
    with file.open("rb") as stream:
        start = stream.read(8)
        if _ZLIB.match(start):
            stream.seek(0)
            yield from _inflated(stream)
            return
        opener = next((opener for magic, opener in _OPENERS.items() if start.startswith(magic)), None)
        if opener is None and not _PICKLE.match(start):
            return
    with opener(file) if opener else file.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            yield piece


def _inflated(stream: BinaryIO) -> Iterator[bytes]:
    inflating = zlib.decompressobj()
    while piece := stream.read(_CHUNK):
        yield inflating.decompress(piece)


def _behind_marker(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What follows each marker, also one that lies across two pieces."""
    rest = b""
    for piece in pieces:
        rest += piece
        while (at := rest.find(_MARKER)) >= 0 and len(rest) >= at + len(_MARKER) + _ENOUGH:
            rest = rest[at + len(_MARKER) :]
            yield rest[:_ENOUGH]
        rest = rest[rest.find(_MARKER) :] if _MARKER in rest else rest[-len(_MARKER) :]
    if (at := rest.find(_MARKER)) >= 0:
        yield rest[at + len(_MARKER) :][:_ENOUGH]


def _first_text(code: bytes) -> str | None:
    """The first text that the pickle's next instructions push, if it reads like a version."""
    try:
        for _, argument, _ in pickletools.genops(code.lstrip(b"\n")):
            if isinstance(argument, str):
                return argument if re.fullmatch(r"\d+\.\d+\S*", argument) else None
    except ValueError:
        return None
    return None
