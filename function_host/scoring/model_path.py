"""Where a packaged model lies: what `Model.get_model_path` answers inside a scoring script."""

import os
from pathlib import Path

MODELS_FOLDER = "azureml-models"


class ModelNotFoundException(Exception):
    """No model of that name (and version) is in the package."""


def get_model_path(model_name: str, version: int | None = None, _workspace: object = None) -> str:
    """The file or folder of the model in the package, of its newest version unless one is given.

    Falls back to `./<model_name>`; raises ModelNotFoundException naming what is there.
    """
    if version is not None and not isinstance(version, int):
        raise ModelNotFoundException(f"version should be an int, not {version!r}.")
    models = Path(os.environ.get("AML_APP_ROOT", ".")) / MODELS_FOLDER
    found = _newest(models / model_name) if version is None else models / model_name / str(version)
    if found is not None and found.is_dir():
        return str(_only_entry(found))
    if version is None and Path(model_name).exists():
        return model_name
    there = ", ".join(sorted(f"{path.parent.name}:{path.name}" for path in models.glob("*/*"))) or "none"
    wanted = model_name if version is None else f"{model_name}:{version}"
    raise ModelNotFoundException(f"There is no model {wanted!r} in {models}; there are: {there}.")


def _newest(folder: Path) -> Path | None:
    versions = [path for path in folder.glob("*") if path.name.isdecimal()]
    return max(versions, key=lambda path: int(path.name), default=None)


def _only_entry(folder: Path) -> Path:
    entries = list(folder.iterdir())
    if len(entries) != 1:
        raise ModelNotFoundException(f"{folder} must hold exactly one file or folder; it holds {len(entries)}.")
    return entries[0]
