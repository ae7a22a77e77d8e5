"""Copy a registered model out of its registry: checked, and each file whole or not at all."""

import tempfile
from pathlib import Path

from packager.errors import InvalidModel
from packager.models.content import check_file, copy_hashed, model_files
from packager.models.contract import ModelRegistry, ModelVersion


def copy_out(registry: ModelRegistry, version: ModelVersion, folder: Path, *, replace: bool) -> Path:
    """Copy the version's file or folder into `folder`, and return its path there.

    Raises InvalidModel if it is there and `replace` is false, ModelChanged if it is not what was registered.
    """
    target = folder / version.path.name
    if target.exists() and not replace:
        raise InvalidModel(f"{target} exists; download with exist_ok=True to replace it.")
    source = registry.fetch(version)
    if target.exists() and target.is_dir() != source.is_dir():
        kinds = ("folder", "file") if target.is_dir() else ("file", "folder")
        raise InvalidModel(f"{target} is a {kinds[0]}, but the model is a {kinds[1]}; download it to another folder.")
    try:
        for relative, file in registered_files(version, source).items():
            _copy(version, file, target / relative if source.is_dir() else target, version.files.get(relative))
    except OSError as error:
        raise InvalidModel(f"Model {version.id} cannot be downloaded to {folder}: {error}.") from error
    return target


def registered_files(version: ModelVersion, source: Path) -> dict[str, Path]:
    """The version's files in `source`, by path: what was registered, and nothing that lies beside it."""
    if source.is_file() or not version.files:
        return dict(model_files(source))
    return {relative: source / relative for relative in version.files}


def _copy(version: ModelVersion, source: Path, target: Path, expected: str | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".incoming-", dir=target.parent) as folder:
        spare = Path(folder) / target.name
        sha256 = copy_hashed(source, spare)
        check_file(version, source, expected or sha256, found=sha256)
        spare.replace(target)
