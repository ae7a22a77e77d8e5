"""Are the models those that were packaged? Compares them with the SHA-256 that the packager wrote beside them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from function_host.scoring.errors import EntryScriptError
from function_host.scoring.model_path import MODELS_FOLDER

SUFFIX = ".sha256"
"""`azureml-models/<name>/<version>.sha256`, in the form of sha256sum, is about the files in the folder `<version>`."""


def check_models(root: Path) -> None:
    """Raises EntryScriptError for the first model file that is missing, or not the one that was packaged.

    Every file is read once. A model without a list of digests is not checked.
    """
    for record in sorted((root / MODELS_FOLDER).glob(f"*/*{SUFFIX}")):
        for path, expected in _records(record):
            _check(path, expected, record)


def _records(record: Path) -> Iterator[tuple[Path, str]]:
    for line in record.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        digest, _, name = line.partition("  ")
        if name:
            yield record.parent / name, digest


def _check(path: Path, expected: str, record: Path) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EntryScriptError(
            f"The model file {path}, with the SHA-256 {expected} in {record}, cannot be read ({error.strerror}); "
            "package the model again."
        ) from error
    if found != expected:
        raise EntryScriptError(
            f"The model file {path} was changed after it was packaged: its SHA-256 is {found}, and {record} expects "
            f"{expected}; package the model again."
        )
