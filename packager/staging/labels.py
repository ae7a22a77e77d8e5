"""What an image says of a package without being run: the labels of a staged app, whoever builds it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from packager.config import DISTRIBUTION, source_date
from packager.locking import LOCK
from packager.staging.contract_file import FILE as CONTRACT
from packager.staging.dockerfile import Recipe
from packager.staging.sample_files import DESCRIPTION

OCI = "org.opencontainers.image"
OURS = DISTRIBUTION
"""What our own labels begin with."""
BASE_NAME = f"{OCI}.base.name"
BASE_DIGEST = f"{OCI}.base.digest"
MODELS = f"{OURS}.models"
LOCK_DIGEST = f"{OURS}.lock"
TRIGGERS = f"{OURS}.triggers"
SCHEMA = f"{OURS}.schema"
COMPILER = f"{OURS}.compiler"
ZLIB = f"{OURS}.zlib"

_MODELS_FOLDER = "azureml-models"


def package_labels(folder: Path) -> Mapping[str, str]:
    """The labels of the staged app in `folder`: the same for the same app.

    Models are a JSON object of `name:version` to the digest of all its files, triggers one of names to options
    with their patterns, the schema the digest of the description of the service.
    """
    contract = _contract(folder)
    models = _models(folder)
    found = {
        f"{OCI}.created": datetime.fromtimestamp(source_date(), UTC).isoformat().replace("+00:00", "Z"),
        f"{OCI}.title": ", ".join(name.partition(":")[0] for name in models) or str(contract.get("entryScript", "")),
        f"{OURS}.version": version(DISTRIBUTION),
        f"{OURS}.entry-script": str(contract.get("entryScript", "")),
        f"{OURS}.python": str(contract.get("pythonVersion", "")),
        MODELS: _json(models),
        TRIGGERS: _json(contract.get("triggers", {})),
        LOCK_DIGEST: _digest(folder / LOCK),
        SCHEMA: _digest(folder / DESCRIPTION),
    }
    return {name: text for name, text in found.items() if text}


def dockerfile_labels(folder: Path, recipe: Recipe) -> Mapping[str, str]:
    """Those of an image that a Dockerfile makes of the app: the digest of the base is not known yet."""
    return {BASE_NAME: recipe.base_image, **package_labels(folder), **recipe.labels}


def _contract(folder: Path) -> Mapping[str, Any]:
    file = folder / CONTRACT
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def _models(folder: Path) -> Mapping[str, str]:
    """Beside each version is the list of its files' hashes, which stands for the files."""
    lists = sorted((folder / _MODELS_FOLDER).glob("*/*.sha256"))
    return {f"{file.parent.name}:{file.stem}": _digest(file) for file in lists}


def _digest(file: Path) -> str:
    return f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}" if file.is_file() else ""


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":")) if value else ""
