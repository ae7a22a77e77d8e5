"""From what people say about a model to its details."""

import getpass
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from packager.errors import InvalidModel
from packager.models.contract import ModelDetails
from packager.models.resource_configuration import ResourceConfiguration

MOST_SAMPLE_BYTES = 1 << 20


def texts(values: Mapping[str, object] | None, kind: str) -> dict[str, str]:
    """Tags or properties as text; raises InvalidModel for a key or a value that is none."""
    if values is not None and not isinstance(values, Mapping):
        raise InvalidModel(f"{kind} must be a dictionary such as {{'area': 'health'}}, not {values!r}.")
    found = {}
    for key, value in (values or {}).items():
        if not isinstance(key, str) or not key or not isinstance(value, str | int | float):
            raise InvalidModel(f"{kind} must be text by text, not {key!r}: {value!r}.")
        found[key] = str(value)
    return found


def with_properties(details: ModelDetails, added: Mapping[str, object]) -> ModelDetails:
    """The details with more properties; raises InvalidModel for one that is there with another value."""
    for key, value in texts(added, "properties").items():
        if details.properties.get(key, value) != value:
            raise InvalidModel(
                f"Property {key!r} is {details.properties[key]!r} and cannot become {value!r}: properties of a model "
                "do not change once they are set. Use a tag, or a new version."
            )
    return replace(details, properties={**details.properties, **texts(added, "properties")})


def dataset_pairs(datasets: object) -> tuple[tuple[str, str], ...]:
    """`[("training", dataset)]` as purposes and ids; a dataset is its id, or has one."""
    found = []
    for pair in datasets if isinstance(datasets, list | tuple) else [datasets] if datasets is not None else []:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise InvalidModel(f"datasets must be a list of (purpose, dataset) pairs, not one with {pair!r}.")
        found.append((pair[0], str(getattr(pair[1], "id", pair[1]))))
    return tuple(found)


def sample(value: object, name: str) -> object:
    """Sample data as a JSON value: given as one, as the Path of a JSON file, or as something with an `id`.

    Raises InvalidModel for a file that is none, and for more than 1 MiB.
    """
    if value is None:
        return None
    if isinstance(value, Path):
        value = _from_file(value, name)
    elif hasattr(value, "id"):
        value = {"datasetId": str(value.id)}
    try:
        size = len(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InvalidModel(f"{name} must be a JSON value or the Path of a JSON file: {error}.") from error
    if size > MOST_SAMPLE_BYTES:
        raise InvalidModel(f"{name} has {size:,} bytes as JSON; a sample may have {MOST_SAMPLE_BYTES:,} at most.")
    return value


def resources(value: ResourceConfiguration | None) -> dict[str, float]:
    """What is known of a ResourceConfiguration."""
    if value is not None and not isinstance(value, ResourceConfiguration):
        raise InvalidModel(f"resource_configuration must be a ResourceConfiguration(cpu=..., ...), not {value!r}.")
    return {} if value is None else {key: each for key, each in value.serialize().items() if each is not None}


def whoever_runs_this() -> str | None:
    """The user's name on this machine, if it has one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None


def _from_file(path: Path, name: str) -> object:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise InvalidModel(f"The file {path} for {name} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise InvalidModel(f"The file {path} for {name} is not JSON: {error}.") from error
