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
    known = sorted(f"{path.parent.name}:{path.name}" for path in models.glob("*/*") if path.is_dir())
    there = ", ".join(known) or "none"
    wanted = model_name if version is None else f"{model_name}:{version}"
    raise ModelNotFoundException(f"There is no model {wanted!r} in {models}; there are: {there}.")


def model_listing(limit: int = 200) -> str:
    """The files below `$AZUREML_MODEL_DIR`, one a line and at most `limit`: for whoever wonders why init() failed."""
    if "AZUREML_MODEL_DIR" not in os.environ:
        return "The setting AZUREML_MODEL_DIR is missing, so there is no model folder."
    root = Path(os.environ["AZUREML_MODEL_DIR"])
    found = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    more = [f"... and {len(found) - limit} more"] if len(found) > limit else []
    return "\n".join((f"The model folder {root} holds {len(found)} files:", *found[:limit], *more))


def _newest(folder: Path) -> Path | None:
    versions = [path for path in folder.glob("*") if path.name.isdecimal()]
    return max(versions, key=lambda path: int(path.name), default=None)


def _only_entry(folder: Path) -> Path:
    entries = list(folder.iterdir())
    if len(entries) != 1:
        raise ModelNotFoundException(f"{folder} must hold exactly one file or folder; it holds {len(entries)}.")
    return entries[0]
