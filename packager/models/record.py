"""A model version as the JSON document that registries keep."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packager.errors import InvalidModel
from packager.models.contract import ModelDetails, ModelVersion

DELETED = "deleted"
_DETAILS = {each.name for each in fields(ModelDetails)}


def now() -> str:
    """The present second in UTC, as records say it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def written(version: ModelVersion, registration: str | None = None) -> bytes:
    """The record of a version; where its files are is not in it. `registration` tells equal ones apart."""
    record = {
        "file": version.path.name,
        "sha256": version.sha256,
        "files": dict(version.files),
        "createdTime": version.created_time,
        "details": details_as_json(version.details),
        "registration": registration,
    }
    return (json.dumps(record, indent=2, sort_keys=True) + "\n").encode()


def tombstone() -> bytes:
    """What takes the place of the record of a deleted version, so that its number is not given out again."""
    return (json.dumps({DELETED: now()}) + "\n").encode()


def parsed(content: bytes, place: str) -> dict[str, Any]:
    """A record as it was written, by this version of the packager or an earlier one; raises InvalidModel."""
    try:
        record = json.loads(content)
        if DELETED in record:
            return {DELETED: str(record[DELETED])}
        return {
            "file": _inside(record["file"]),
            "sha256": str(record["sha256"]),
            "files": {_inside(file): str(sha256) for file, sha256 in record.get("files", {}).items()},
            "created_time": record["createdTime"],
            "details": details_from_json(record["details"]),
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidModel(
            f"{place} is not the record of a model ({error!r}); restore it, or remove it to forget this version."
        ) from error


def version_of(name: str, version: int, record: Mapping[str, Any], *, parent: Path, url: str | None) -> ModelVersion:
    """The version that a parsed record is about, with its files in the folder `parent`."""
    rest = {key: value for key, value in record.items() if key != "file"}
    path = parent / record["file"]
    return ModelVersion(name=name, version=version, path=path, url=url or path.as_uri(), **rest)


def details_as_json(details: ModelDetails) -> dict[str, object]:
    return {
        **asdict(details),
        "tags": dict(details.tags),
        "properties": dict(details.properties),
        "resources": dict(details.resources),
        "datasets": [[*pair] for pair in details.datasets],
    }


def details_from_json(values: Mapping[str, Any]) -> ModelDetails:
    """What is not known (a later packager wrote it) is left out."""
    known = {key: value for key, value in values.items() if key in _DETAILS}
    known["datasets"] = tuple((str(purpose), str(data)) for purpose, data in known.get("datasets", ()))
    return ModelDetails(**known)


def payload(version: ModelVersion) -> dict[str, object]:
    """The version as the JSON values that Model.serialize() gives."""
    details = version.details
    return {
        "createdBy": details.created_by,
        "createdTime": version.created_time,
        "datasets": [[*pair] for pair in details.datasets],
        "description": details.description,
        "experimentName": details.experiment_name,
        "files": dict(version.files),
        "framework": details.model_framework,
        "frameworkVersion": details.model_framework_version,
        "id": version.id,
        "name": version.name,
        "path": str(version.path),
        "properties": dict(details.properties),
        "resourceRequirements": dict(details.resources),
        "runId": details.run_id,
        "sampleInputData": details.sample_input,
        "sampleOutputData": details.sample_output,
        "sha256": version.sha256,
        "tags": dict(details.tags),
        "url": version.url,
        "version": version.version,
    }


def parsed_payload(values: Mapping[str, Any]) -> ModelVersion:
    """The version that payload() gave; raises InvalidModel."""
    try:
        details = ModelDetails(
            tags=dict(values.get("tags") or {}),
            properties=dict(values.get("properties") or {}),
            description=values.get("description"),
            model_framework=values.get("framework"),
            model_framework_version=values.get("frameworkVersion"),
            datasets=tuple((str(purpose), str(data)) for purpose, data in values.get("datasets") or ()),
            sample_input=values.get("sampleInputData"),
            sample_output=values.get("sampleOutputData"),
            resources=dict(values.get("resourceRequirements") or {}),
            created_by=values.get("createdBy"),
            run_id=values.get("runId"),
            experiment_name=values.get("experimentName"),
        )
        return ModelVersion(
            name=str(values["name"]),
            version=int(values["version"]),
            path=Path(values["path"]),
            sha256=str(values["sha256"]),
            files={_inside(file): str(sha256) for file, sha256 in (values.get("files") or {}).items()},
            created_time=values.get("createdTime"),
            details=details,
            url=values.get("url"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidModel(f"This is not what Model.serialize() gives ({error!r}): {values!r}.") from error


def _inside(path: object) -> str:
    """A path of a record, which whoever can write to the registry may have chosen: it stays in the model's folder."""
    if not isinstance(path, str) or not path or {"", ".", ".."} & {*path.split("/")}:
        raise ValueError(f"{path!r} is no path in a model's folder")
    return path
