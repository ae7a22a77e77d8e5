"""Which registered models a filter means."""

from collections.abc import Iterable, Mapping, Sequence

from packager.errors import InvalidModel
from packager.models.contract import ModelRegistry, ModelVersion

Filter = Mapping[str, object] | Iterable[str | Sequence[str]] | None
"""`{key: value}`, or `["key", ["key", "value"]]`: keys that must be there, and pairs that must match."""


def carries(version: ModelVersion, tags: Filter, properties: Filter) -> bool:
    """Has the version all these tags and properties?"""
    details = version.details
    return _matches(details.tags, tags) and _matches(details.properties, properties)


def matching_versions(
    registry: ModelRegistry, name: str | None, tags: Filter, properties: Filter, **wanted: str | None
) -> list[ModelVersion]:
    """The versions with these tags, properties, `run_id`, `model_framework` and `dataset_id`; None is any."""

    def matches(version: ModelVersion) -> bool:
        details = version.details
        has: dict[str, list[str | None]] = {
            "run_id": [details.run_id],
            "model_framework": [details.model_framework],
            "dataset_id": [*(data for _, data in details.datasets)],
        }
        return all(value is None or value in has[key] for key, value in wanted.items())

    found = (version for version in registry.versions(name) if carries(version, tags, properties))
    return [version for version in found if matches(version)]


def _matches(values: Mapping[str, str], wanted: Filter) -> bool:
    if isinstance(wanted, str):
        raise InvalidModel(f"A filter is a list such as ['key', ['key', 'value']], not {wanted!r}.")
    pairs = wanted.items() if isinstance(wanted, Mapping) else wanted or ()
    return all(_match(values, each) for each in pairs)


def _match(values: Mapping[str, str], wanted: object) -> bool:
    if isinstance(wanted, str):
        return wanted in values
    if isinstance(wanted, list | tuple) and len(wanted) in {1, 2}:
        return wanted[0] in values and (len(wanted) == 1 or values[wanted[0]] == str(wanted[1]))
    raise InvalidModel(f"A filter is a list such as ['key', ['key', 'value']], but has {wanted!r}.")
