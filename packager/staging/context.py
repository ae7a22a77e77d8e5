"""BuildContext: the folder that becomes the image, written whole or not at all."""

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from packager.errors import StagingError
from packager.locking import LOCK
from packager.models.content import check_file, copy_hashed
from packager.models.contract import ModelVersion, content_sha256
from packager.models.downloading import registered_files
from packager.request import PackageRequest
from packager.staging.contract_file import FILE as CONTRACT
from packager.staging.contract_file import SKIPPED, labels, render_contract
from packager.staging.copying import IgnoreRules, copy_tree, make_readable
from packager.staging.dockerfile import DOCKERIGNORE, Recipe, render_dockerfile
from packager.staging.function_app import FUNCTION_APP_OPENING, render_function_app
from packager.staging.host_id import SETTING as HOST_ID_SETTING
from packager.staging.host_id import render_host_id
from packager.staging.host_json import render_host_json
from packager.staging.labels import dockerfile_labels
from packager.staging.model_digests import write_digests
from packager.staging.private_wheels import FOLDER as PRIVATE_WHEELS
from packager.staging.private_wheels import bring_wheels
from packager.staging.requirements import render_requirements
from packager.staging.runtime import copy_runtime
from packager.staging.sample_files import write_samples
from packager.url_credentials import credentials_in, without_credentials

Lock = Callable[[Path], str]
"""From a requirements.txt to the text of its lock."""
Prove = Callable[[Path], str]
"""From a staged app to the state of its proof, a word of contract_file; may raise ProofFailed."""

APP_FOLDER = "azureml-app"
MODELS_FOLDER = "azureml-models"
KEYS_FOLDER = "azure-webjobs-secrets"
"""Where a host keeps its function keys in a folder that is its storage account."""
RUN_SUFFIX = ".run"
"""A local run of the app in `x` keeps its data in `x.run`."""
_IMAGE = b"oci-layout\0"
_NO_LIMIT = str(2**31 - 1)
PACKAGES_FOLDER = ".python_packages/lib/site-packages"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildContext:
    """A staged function app: a folder that a host can run and a builder can make an image from."""

    folder: Path
    recipe: Recipe
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the URLs in its requirements, which have none in the folder, those with user and password."""

    @property
    def requirements(self) -> Path:
        """The lock if there is one, else requirements.txt."""
        return self.folder / (LOCK if self.recipe.locked else "requirements.txt")


def stage(request: PackageRequest, folder: Path, lock: Lock | None = None, prove: Prove | None = None) -> BuildContext:
    """Write the function app for `request` to `folder`; `lock` makes the text of its requirements.lock.

    `prove` is asked about the whole app before it is put in its place; what it raises leaves nothing there.

    The folder appears complete or not at all: a context of an earlier call is replaced, anything else that is in
    the way is refused with StagingError. The same request gives the same files, byte for byte.
    """
    target = folder.expanduser().resolve()
    _check_target(target, request)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.incoming-", dir=target.parent))
    except OSError as error:
        raise StagingError(f"The output folder {target} cannot be made: {error.strerror}.") from error
    try:
        extra = _write_app(request, work)
        credentials = _lock_requirements(work, lock)
        recipe = _recipe(request, work, extra, locked=lock is not None)
        _write_settings(request, work, recipe, SKIPPED)
        if prove is not None:
            proof = prove(work)
            recipe = replace(recipe, labels=labels(proof))
            _write_settings(request, work, recipe, proof)
        _put_in_place(work, target)
    except BaseException:  # because nothing half staged may stay, cancelled or not
        shutil.rmtree(work, ignore_errors=True)
        raise
    return BuildContext(folder=target, recipe=recipe, credentials=credentials)


def _lock_requirements(work: Path, lock: Lock | None) -> Mapping[str, str]:
    """Write the lock, if one is wanted; users and passwords, which it may need, are in no file afterwards."""
    file = work / "requirements.txt"
    text = file.read_text(encoding="utf-8")
    files = {LOCK: without_credentials(lock(file))} if lock is not None else {}
    _write_files(work, {**files, file.name: without_credentials(text)})
    return credentials_in(text)


def is_context(folder: Path) -> bool:
    """Was this folder made by stage()?"""
    try:
        return (folder / "function_app.py").read_text().startswith(FUNCTION_APP_OPENING)
    except (OSError, UnicodeDecodeError):
        return False


def model_folder(models: tuple[ModelVersion, ...]) -> str:
    """What AZUREML_MODEL_DIR points at, relative to the app: the one model's folder, else that of all models."""
    if len(models) != 1:
        return MODELS_FOLDER
    return f"{MODELS_FOLDER}/{models[0].name}/{models[0].version}"


def _check_target(target: Path, request: PackageRequest) -> None:
    inputs = [request.source_directory.resolve(), *(model.path.resolve() for model in request.models)]
    for path in inputs:
        if path.is_relative_to(target):
            raise StagingError(f"The output folder {target} holds {path}, which goes into it; choose another one.")
    if target.is_file():
        raise StagingError(f"Error, output path is not a directory: {target}")
    if target.is_dir() and any(target.iterdir()) and not is_context(target):
        raise StagingError(
            f"The output folder {target} is not empty and was not made by the packager; "
            "choose another one, or empty it."
        )


def _put_in_place(work: Path, target: Path) -> None:
    """A rename is all or nothing; an earlier context is moved aside first and goes last."""
    make_readable(work)
    if not target.is_dir() or not any(target.iterdir()):
        work.rename(target)
        return
    outgoing = Path(tempfile.mkdtemp(prefix=f".{target.name}.outgoing-", dir=target.parent))
    target.rename(outgoing)
    try:
        work.rename(target)
    except OSError:
        outgoing.rename(target)
        raise
    shutil.rmtree(outgoing)


def _variables(request: PackageRequest, work: Path) -> Mapping[str, str]:
    """The settings that the package brings along; the user's own win."""
    # Whoever only imports the packager need not wait for the triggers and their library.
    from triggers.blob_output import DIGEST_SETTING
    from triggers.http import LIMIT_SETTING

    host_id = render_host_id(request.models, request.entry_script, request.triggers)
    digest = f"sha256:{content_sha256(work)}"
    # The scoring server took bodies of any size; the host's own limit is for function apps.
    limit = {LIMIT_SETTING: _NO_LIMIT} if request.is_web_service else {}
    return {HOST_ID_SETTING: host_id, DIGEST_SETTING: digest, **limit, **request.environment.environment_variables}


def _is_output(path: Path, work: Path) -> bool:
    """Did the packager or a local run write this? Keys, blobs or a whole image may be in it, and it never goes in."""
    if path == work or is_context(path) or _holds_keys(path) or _is_image(path):
        return True
    return path.suffix == RUN_SUFFIX and (is_context(path.with_suffix("")) or (path / "host.log").is_file())


def _is_image(path: Path) -> bool:
    """Is this an archive of an image, as --archive leaves it?"""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(_IMAGE)) == _IMAGE


def _holds_keys(folder: Path) -> bool:
    """Is this where a host keeps its function keys?"""
    if folder.name == KEYS_FOLDER:
        return True
    try:
        return b'"masterKey"' in (folder / "host.json").read_bytes()
    except OSError:
        return False


def _write_app(request: PackageRequest, work: Path) -> tuple[str, ...]:
    """The files that lie beside function_app.py for some packages only."""
    source = request.source_directory
    copy_tree(source, work / APP_FOLDER, IgnoreRules.of(source), lambda path: _is_output(path, work))
    if not (work / APP_FOLDER / request.entry_script).is_file():
        raise StagingError(
            f"The entry script {request.entry_script} is among what the ignore file of {source} leaves behind; take it "
            "out of there, or write a .packagerignore, which counts instead."
        )
    for model in request.models:
        _copy_model(model, work / MODELS_FOLDER / model.name / str(model.version))
    copy_runtime(work / PACKAGES_FOLDER)
    files = {
        "function_app.py": render_function_app(
            entry_script=f"{APP_FOLDER}/{request.entry_script}",
            model_dir=model_folder(request.models),
            triggers=request.triggers,
        ),
        "host.json": render_host_json(is_web_service=request.is_web_service),
        "requirements.txt": bring_wheels(
            render_requirements(request.environment, request.triggers, work / APP_FOLDER), work
        ),
    }
    _write_files(work, files)
    return (*write_samples(request, work, work / APP_FOLDER), CONTRACT)


def _recipe(request: PackageRequest, work: Path, extra: tuple[str, ...], *, locked: bool) -> Recipe:
    return Recipe(
        base_image=request.base_image,
        python_version=request.environment.python_version,
        variables=_variables(request, work),
        has_models=bool(request.models),
        locked=locked,
        base_dockerfile=request.environment.docker.base_dockerfile or "",
        steps=request.docker_steps,
        system_packages=request.environment.python.user_managed_dependencies,
        host=request.host,
        labels=labels(SKIPPED),
        private_wheels=(work / PRIVATE_WHEELS).is_dir(),
        extra_files=extra,
    )


def _write_settings(request: PackageRequest, work: Path, recipe: Recipe, proof: str) -> None:
    _write_files(work, {CONTRACT: render_contract(request, proof)})
    files = {
        "local.settings.json": _local_settings(recipe.variables),
        "Dockerfile": render_dockerfile(replace(recipe, labels=dockerfile_labels(work, recipe))),
        ".dockerignore": DOCKERIGNORE,
    }
    _write_files(work, files)


def _write_files(work: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (work / name).write_text(text, encoding="utf-8")


def _copy_model(model: ModelVersion, folder: Path) -> None:
    """Copy the files that were registered, which are refused if they are not the same any more."""
    target = folder / model.path.name
    for relative, file in registered_files(model, model.path).items():
        sha256 = copy_hashed(file, target / relative if model.path.is_dir() else target)
        check_file(model, file, model.files.get(relative, sha256), found=sha256)
    write_digests(folder)


def _local_settings(variables: Mapping[str, str]) -> str:
    values = {"FUNCTIONS_WORKER_RUNTIME": "python", **dict(sorted(variables.items()))}
    return json.dumps({"IsEncrypted": False, "Values": values}, indent=2) + "\n"
