"""package(): check, stage, build, publish; one value to the next."""

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packaging.requirements import Requirement

from packager.builders.choosing import chosen_builder, chosen_publisher
from packager.builders.contract import BuiltImage, ImageBuilder, Log
from packager.errors import InvalidPackageRequest
from packager.image_reference import local_reference, published_reference
from packager.inference_config import InferenceConfig
from packager.locking import lock_requirements, versions_in
from packager.locking_target import WheelTarget
from packager.model_package import ModelPackage
from packager.models.model import Model
from packager.models.opening import Registry
from packager.models.pickles import sklearn_warnings
from packager.package_log import PackageLog
from packager.proof import Limits, Prover
from packager.proof_stage import ProofStage, chosen_prover
from packager.publishers import Publisher
from packager.request import PackageRequest, check_request
from packager.staging.container import OWN_HOST
from packager.staging.context import APP_FOLDER, Lock, stage
from packager.staging.copying import sizes
from packager.staging.requirements import conda_only_packages, conda_translations, environment_requirements
from packager.staging.secret_files import secret_files
from packager.trigger_forms import Trigger, TriggerTable, trigger_table

BLOB_TRIGGER = "blob"
HTTP_TRIGGER = "http"
SERVICE_BUS_QUEUE_TRIGGER = "service_bus_queue"

_MB = 1_000_000
_MOST_LISTED = 5
# What the retired service took at most.
_LARGE = 300 * _MB


def package(  # noqa: PLR0913 - the retired signature and what is new by keyword
    workspace: Registry,
    models: Sequence[Model | str | Path],
    inference_config: InferenceConfig,
    generate_dockerfile: bool = False,
    functions_enabled: bool = False,
    trigger: str | None = None,
    *,
    triggers: TriggerTable | Sequence[Trigger] | None = None,
    base_image: str | None = None,
    image_name: str | None = None,
    publish_to: str | None = None,
    context: str | Path | None = None,
    lock: str | None = None,
    sample_input: object = None,
    sample_output: object = None,
    proof: bool | Prover = True,
    target: str | Limits | None = None,
    host: str = OWN_HOST,
    builder: ImageBuilder | str | None = None,
    publisher: Publisher | None = None,
    log: Log | None = None,
    **options: object,
) -> ModelPackage:
    """Package models and a scoring script as a functions-host image, or as a plain web service.

    `workspace` is not needed (None). With `functions_enabled`, `trigger` names what fires run() and `options` are that
    trigger's; `triggers` stands for both and may hold several. Without them the package answers at /score.

    An image is built by `builder` ("oci", which needs no Docker Engine and is the default, "docker", or an object) for
    `host` ("functions" or "azure_functions"), and pushed to `publish_to` if given. With `generate_dockerfile` nothing
    is built: the package is the build context, in the folder `context` if given, locked for the platform `lock`.
    What was staged is started and answers `sample_input` (a JSON value, text, bytes or the Path of a file) through
    every trigger before anything is built, unless `proof=False`; `target` names a place whose limits count.

    Everything is checked before any work: InvalidPackageRequest, InvalidEntryScript, InvalidEnvironment, ModelNotFound.
    Then StagingError, UnresolvedRequirement, ProofFailed, BuildFailed, PublishFailed; nothing half-written stays.
    """
    table = _trigger_table(functions_enabled, trigger, triggers, options)
    samples = (sample_input, sample_output)
    request = check_request(models, inference_config, table, base_image=base_image, host=host, samples=samples)
    record, folder = PackageLog(log), Path(context) if context is not None else None
    prove = ProofStage(request, chosen_prover(proof), target, record)
    order = _Order(workspace=workspace, request=request, folder=folder, record=record, proof=prove)
    _warn(order, trigger)
    if generate_dockerfile:
        _refuse_image_arguments(image_name, publish_to)
        return _context_only(order, lock)
    _refuse_lock(lock)
    return _image(order, image_name, publish_to, builder, publisher)


def package_http(
    workspace: Registry,
    models: Sequence[Model | str | Path],
    inference_config: InferenceConfig,
    generate_dockerfile: bool = False,
    auth_level: str | None = None,
) -> ModelPackage:
    """package() with the HTTP trigger: run() answers requests to /api/score."""
    return package(
        workspace,
        models,
        inference_config,
        generate_dockerfile,
        functions_enabled=True,
        trigger=HTTP_TRIGGER,
        auth_level=auth_level,
    )


def package_blob(
    workspace: Registry,
    models: Sequence[Model | str | Path],
    inference_config: InferenceConfig,
    generate_dockerfile: bool = False,
    input_path: str | None = None,
    output_path: str | None = None,
) -> ModelPackage:
    """package() with the blob trigger: run() answers each blob at `input_path` with one at `output_path`."""
    return package(
        workspace,
        models,
        inference_config,
        generate_dockerfile,
        functions_enabled=True,
        trigger=BLOB_TRIGGER,
        input_path=input_path,
        output_path=output_path,
    )


def package_service_bus_queue(
    workspace: Registry,
    models: Sequence[Model | str | Path],
    inference_config: InferenceConfig,
    generate_dockerfile: bool = False,
    input_queue_name: str | None = None,
    output_queue_name: str | None = None,
) -> ModelPackage:
    """package() with the Service Bus queue trigger: run() answers each message of one queue with one in another."""
    return package(
        workspace,
        models,
        inference_config,
        generate_dockerfile,
        functions_enabled=True,
        trigger=SERVICE_BUS_QUEUE_TRIGGER,
        input_queue_name=input_queue_name,
        output_queue_name=output_queue_name,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    workspace: Registry
    request: PackageRequest
    folder: Path | None
    record: PackageLog
    proof: ProofStage

    def answer(self, location: str, *, context: Path | None, image: BuiltImage | None = None) -> ModelPackage:
        return ModelPackage(
            workspace=self.workspace,
            location=location,
            context=context,
            image=image,
            connections=required_connections(self.request.triggers),
            log=self.record.text,
            proof=self.proof.proof,
        )


def required_connections(triggers: TriggerTable) -> Mapping[str, str]:
    """App setting that the triggers read -> what it must hold."""
    from triggers.registry import by_name

    found: dict[str, str] = {}
    for name, options in triggers.items():
        adapter = by_name(name)
        found.update(adapter.connections(adapter.options(**options)))
    return found


def _trigger_table(
    functions_enabled: bool,
    trigger: str | None,
    triggers: TriggerTable | Sequence[Trigger] | None,
    options: Mapping[str, object],
) -> TriggerTable:
    if triggers is not None:
        if trigger is not None or options:
            given = ", ".join(["trigger"] * (trigger is not None) + sorted(options))
            raise InvalidPackageRequest(
                f"triggers= stands alone, but {given} was given too; put it into the table: "
                "triggers=[BlobTrigger(input_path=...)]."
            )
        if not triggers:
            raise InvalidPackageRequest("triggers= names no trigger; leave it out for a plain web service.")
        return trigger_table(triggers)
    if not functions_enabled:
        return _web_service(trigger, options)
    if trigger is None:
        raise InvalidPackageRequest("functions_enabled=True needs a trigger: trigger='http', for example.")
    return {trigger: dict(options)}


def _web_service(trigger: str | None, options: Mapping[str, object]) -> TriggerTable:
    """The retired call ignored a trigger without functions_enabled; an option without a trigger is a mistake."""
    if options and trigger is None:
        raise InvalidPackageRequest(
            f"{', '.join(sorted(options))} belongs to a trigger, but functions_enabled=True and trigger= are missing."
        )
    return {}


def _warn(order: _Order, trigger: str | None) -> None:
    request = order.request
    if trigger is not None and request.is_web_service:
        order.record.warn(
            f"trigger={trigger!r} is ignored without functions_enabled=True; this is a plain web service."
        )
    for line in conda_translations(request.environment):
        order.record(line)
    if request.environment.docker.base_dockerfile and (left := conda_only_packages(request.environment)):
        order.record.warn(f"The environment's own Dockerfile must bring what only conda has: {', '.join(left)}.")


def _warn_of_pickles(order: _Order, requirements: Iterable[Requirement]) -> None:
    for text in sklearn_warnings(order.request.models, requirements):
        order.record.warn(text)


def _watched(order: _Order, lock: Lock | None) -> Lock | None:
    """Pickles are compared with what will be installed: the lock where there is one, else what was asked for."""
    if lock is None:
        _warn_of_pickles(order, environment_requirements(order.request.environment))
        return None

    def watched(requirements: Path) -> str:
        text = lock(requirements)
        _warn_of_pickles(order, [Requirement(f"{name}=={version}") for name, version in versions_in(text).items()])
        return text

    return watched


def _refuse_lock(lock: str | None) -> None:
    if lock is not None:
        raise InvalidPackageRequest(
            f"lock={lock!r} is for a build context (generate_dockerfile=True); an image is locked for its own platform."
        )


def _refuse_image_arguments(image_name: str | None, publish_to: str | None) -> None:
    for name, value in (("image_name", image_name), ("publish_to", publish_to)):
        if value is not None:
            raise InvalidPackageRequest(f"{name}={value!r} makes no sense with generate_dockerfile=True.")


def _context_only(order: _Order, platform: str | None) -> ModelPackage:
    base = order.request.base_image
    target = WheelTarget.of(order.request.environment.python_version, platform, base) if platform is not None else None
    lock = _watched(order, partial(lock_requirements, target=target) if target is not None else None)
    parent = None if order.folder is not None else Path(tempfile.mkdtemp(prefix="packager-"))
    try:
        folder = stage(order.request, order.folder or Path(parent or "") / "context", lock, order.proof).folder
    except BaseException:  # because nobody will hold the package that would remove it, cancelled or not
        _remove(parent)
        raise
    _tell_staged(folder, order.record)
    made = order.answer(str(folder), context=folder)
    if parent is not None:
        weakref.finalize(made, _remove, parent)
    return made


def _image(
    order: _Order,
    image_name: str | None,
    publish_to: str | None,
    builder: ImageBuilder | str | None,
    publisher: Publisher | None,
) -> ModelPackage:
    local = local_reference(image_name)
    target = published_reference(publish_to, local) if publish_to is not None else None
    chosen = chosen_builder(builder, has_steps=order.request.has_steps, log=order.record)
    chosen.check()
    with tempfile.TemporaryDirectory(prefix="packager-") as parent:
        folder = order.folder or Path(parent) / "context"
        context = stage(order.request, folder, _watched(order, _locked_by(chosen, order)), order.proof)
        _tell_staged(context.folder, order.record)
        image = chosen.build(context, local, order.record)
        order.proof.of_image(image)
    location = str(local)
    if target is not None:
        location = chosen_publisher(publisher, image).publish(image, target, order.record)
    order.record(f"Made {location}")
    return order.answer(location, context=order.folder, image=image)


def _tell_staged(folder: Path, record: PackageLog) -> None:
    """What went in from the source directory, the biggest first; a warning if it looks like data or secrets."""
    record(f"Staged {folder}")
    found = sizes(folder / APP_FOLDER)
    total = sum(each.size for each in found)
    listed = ", ".join(f"{each.name} {each.size / _MB:.1f} MB" for each in found[:_MOST_LISTED])
    text = f"The source directory has {total / _MB:.1f} MB in the package: {listed}"
    if total > _LARGE:
        record.warn(f"{text}. List in .packagerignore what the script does not need.")
    else:
        record(text)
    if secrets := secret_files(folder / APP_FOLDER):
        listed = ", ".join(secrets[:_MOST_LISTED]) + (" ..." if len(secrets) > _MOST_LISTED else "")
        record.warn(
            f"What looks like secrets went from the source directory into the package: {listed}. List it in "
            ".packagerignore, or name another source directory."
        )


def _locked_by(builder: ImageBuilder, order: _Order) -> Lock:
    def lock(requirements: Path) -> str:
        order.record("Locking the packages")
        version = order.request.environment.python_version
        return builder.lock(requirements, python_version=version, base_image=order.request.base_image)

    return lock


def _remove(folder: Path | None) -> None:
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
