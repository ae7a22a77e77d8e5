"""The files of a model: which there are, copied with their SHA-256, and whether they are still the same."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from packager.errors import InvalidModel, ModelChanged
from packager.models.contract import ModelVersion, content_sha256, listing_sha256

CHUNK = 1 << 20


def model_files(source: Path, child_paths: Sequence[str] | None = None) -> Mapping[str, Path]:
    """The files of a model by path, with '/': relative to the folder, or the one file's name.

    Links are followed. With `child_paths` only those files and folders. Raises InvalidModel for a broken link, a
    link in a circle, a child path that is not in the folder, and for a folder without files.
    """
    if source.is_file():
        if child_paths:
            raise InvalidModel(f"child_paths {[*child_paths]!r} needs a folder, but model path {source} is a file.")
        return {source.name: source}
    starts = [source] if child_paths is None else [_child(source, child) for child in child_paths]
    found = {file.relative_to(source).as_posix(): file for start in starts for file in _below(start, frozenset())}
    if not found:
        raise InvalidModel(f"Model path {source} holds no file; a model needs one at least.")
    return dict(sorted(found.items()))


def total_sha256(source: Path, files: Mapping[str, str]) -> str:
    """What a version's `sha256` is: that of the one file, or of the folder's listing."""
    return files[source.name] if source.is_file() else listing_sha256(files)


def copy_hashed(source: Path, target: Path) -> str:
    """Copy a model's file to a new one that is safely on disk, and return the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened(source) as stream, target.open("xb") as out:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


@contextmanager
def opened(source: Path) -> Iterator[BufferedReader]:
    """The file of a model that somebody wants to register; raises InvalidModel if it cannot be read."""
    try:
        stream = source.open("rb")
    except OSError as error:
        raise InvalidModel(f"The model file {source} cannot be read: {error.strerror}.") from error
    with stream:
        yield stream


def check_unchanged(version: ModelVersion, path: Path) -> Path:
    """`path` if it holds the files of `version`; raises ModelChanged naming file, expected and found."""
    if not version.files:
        if not path.exists():
            raise _changed(version, path, version.sha256, "no such file or folder")
        if (found := content_sha256(path)) != version.sha256:
            raise _changed(version, path, version.sha256, found)
    for relative, expected in version.files.items():
        # The one file of a model that is a file has the model's own name.
        check_file(version, path / relative if path.is_dir() else path, expected)
    return path


def check_file(version: ModelVersion, file: Path, expected: str, *, place: str = "", found: str = "") -> None:
    """Raises ModelChanged, which says `place` for the file, unless its SHA-256 (or `found`) is the expected one."""
    found = found or (content_sha256(file) if file.is_file() else "no such file")
    if found != expected:
        raise _changed(version, place or file, expected, found)


def _changed(version: ModelVersion, file: Path | str, expected: str, found: str) -> ModelChanged:
    return ModelChanged(
        f"Model {version.id} was changed after it was registered: {file} should have the SHA-256 {expected}, found "
        f"{found}. Put the registered file back, or register the model again."
    )


def _child(source: Path, child: str) -> Path:
    found = source / child
    if not found.exists() or not Path(os.path.normpath(found)).is_relative_to(source):
        raise InvalidModel(f"Child path {child!r} is neither a file nor a folder in the model folder {source}.")
    return Path(os.path.normpath(found))


def _below(path: Path, above: frozenset[Path]) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    real = path.resolve()
    if not path.is_dir() or real in above:
        reason = "a link to a folder that holds it" if real in above else "a broken link or no regular file"
        raise InvalidModel(
            f"{path}, in the model's folder, is {reason}; remove it, or name what you want in child_paths."
        )
    for entry in sorted(path.iterdir()):
        yield from _below(entry, above | {real})
