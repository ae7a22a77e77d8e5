"""Where the models of a packaged app are: `<app>/azureml-models/<name>/<version>/`."""

from pathlib import Path

from packager.errors import ModelNotFound

MODELS_FOLDER = "azureml-models"


def packaged_path(root: Path, name: str, version: int | None) -> Path | None:
    """The one file or folder of that version, or of the newest; None if no version of `name` was packaged.

    Raises ModelNotFound for a version that is not there, or whose folder holds more than one thing.
    """
    folder = root / MODELS_FOLDER / name
    if not folder.is_dir():
        return None
    known = sorted(int(entry.name) for entry in folder.iterdir() if entry.name.isdecimal())
    wanted = version if version is not None else max(known, default=None)
    inside = [*(folder / str(wanted)).iterdir()] if wanted in known else []
    if len(inside) != 1:
        raise ModelNotFound(f"Model {name!r} has no version {wanted} with exactly one file or folder in {folder}.")
    return inside[0]
