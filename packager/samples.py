"""Samples: an input that run() can be asked with and the output it should give, kept in the package."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from packager.errors import InvalidPackageRequest
from packager.models.contract import ModelVersion
from packager.staging.companions import imports_schemas

INPUT, OUTPUT = "sample_input", "sample_output"
MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The body of one event or one answer."""

    content: bytes

    @property
    def is_json(self) -> bool:
        try:
            json.loads(self.content)
        except ValueError:
            return False
        return True

    def file_name(self, stem: str) -> str:
        """What it is called in the package: `sample_input.json`, or `sample_input.bin` for what is not JSON."""
        return f"{stem}.json" if self.is_json else f"{stem}.bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """What is known of a script's inputs and outputs without running it."""

    input: Sample | None = None
    output: Sample | None = None
    """What run() should answer to the input."""


NO_SAMPLES = Samples()


def find_samples(given: object, expected: object, models: Iterable[ModelVersion], script: Path) -> Samples:
    """The given input (and expected output), else those of the first registered model that has some.

    Else the files sample_input.json and sample_output.json beside the script, unless its schema decorators say more.
    Raises InvalidPackageRequest for a sample that is none.
    """
    output = read_sample(expected, OUTPUT)
    if given is not None:
        return Samples(input=read_sample(given, INPUT), output=output)
    found = _registered(models) or _beside(script)
    return Samples(input=found.input, output=output or found.output)


def read_sample(value: object, name: str) -> Sample | None:
    """A JSON value as its text, bytes and text as they are, of a Path the file's content; None for None.

    Raises InvalidPackageRequest.
    """
    if value is None:
        return None
    content = _content(value, name)
    if len(content) > MOST_BYTES:
        raise InvalidPackageRequest(f"{name} has {len(content):,} bytes; a sample may have {MOST_BYTES:,} at most.")
    return Sample(content=content)


def _content(value: object, name: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        _refuse_name_of_file(value, name)
        return _encoded(value, name)
    if isinstance(value, PathLike):
        return _read(Path(value), name)
    try:
        return json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidPackageRequest(
            f"{name} must be a JSON value, text, bytes or the Path of a file, not {type(value).__name__}: {error}."
        ) from error


def _encoded(text: str, name: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidPackageRequest(
            f"{name} is text with the half character {text[error.start]!r}, which no UTF-8 has; give it as bytes."
        ) from error


def _refuse_name_of_file(text: str, name: str) -> None:
    """Text is the body itself, so that a file's name given as text would be sent as such."""
    try:
        is_name = Path(text).is_file()
    except (OSError, ValueError):
        # No file can have a name of that length, or with such characters in it.
        return
    if is_name:
        raise InvalidPackageRequest(f"{name}={text!r} is the name of a file; write {name}=Path({text!r}).")


def _read(path: Path, name: str) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except OSError as error:
        raise InvalidPackageRequest(f"The file {path} for {name} cannot be read: {error.strerror}.") from error


def _registered(models: Iterable[ModelVersion]) -> Samples | None:
    for model in models:
        known, expected = model.details.sample_input, model.details.sample_output
        # The id of a dataset is no input: the data is elsewhere.
        if known is not None and not (isinstance(known, dict) and known.keys() == {"datasetId"}):
            return Samples(input=read_sample(known, INPUT), output=read_sample(expected, OUTPUT))
    return None


def _beside(script: Path) -> Samples:
    if imports_schemas(script):
        return NO_SAMPLES
    files = {name: script.with_name(f"{name}.json") for name in (INPUT, OUTPUT)}
    found = {name: read_sample(file, name) for name, file in files.items() if file.is_file()}
    return Samples(input=found.get(INPUT), output=found.get(OUTPUT)) if INPUT in found else NO_SAMPLES
