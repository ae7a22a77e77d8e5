"""`packager models`: register, list, show, download, update and delete models, and clean up."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from packager import Model
from packager.cli import flags, output
from packager.models import ResourceConfiguration, open_registry

_JSON = typer.Option("--json", help="The result as JSON on stdout.")
_TAG = typer.Option("--tag", help="KEY=VALUE; repeatable.")
_PROPERTY = typer.Option("--property", help="KEY=VALUE that never changes; repeatable.")
_DESCRIPTION = typer.Option(help="A sentence on the model.")
_SAMPLE_INPUT = typer.Option(help="A JSON file that run() could be asked with.")
_SAMPLE_OUTPUT = typer.Option(help="A JSON file with the answer.")
_CPU = typer.Option(help="Processor cores that serving takes.")
_MEMORY = typer.Option("--memory-gb", help="Memory that serving takes, in GB.")
_GPU = typer.Option(help="GPUs that serving takes.")
_MODEL = typer.Argument(help="NAME or NAME:VERSION.")


def register(app: typer.Typer) -> None:
    """Add the group of commands to the root command."""
    group = typer.Typer(no_args_is_help=True, help="Register, list, show, download, update and delete models.")
    for name, command in (
        ("register", register_command),
        ("list", list_command),
        ("show", show_command),
        ("download", download_command),
        ("update", update_command),
        ("delete", delete_command),
        ("clean", clean_command),
    ):
        group.command(name)(command)
    app.add_typer(group, name="models")


def register_command(  # noqa: PLR0917 - typer passes every flag by keyword
    name: Annotated[str, typer.Argument(help="What the model is called.")],
    path: Annotated[Path, typer.Argument(help="Its file or folder.")],
    tag: Annotated[list[str] | None, _TAG] = None,
    properties: Annotated[list[str] | None, _PROPERTY] = None,
    description: Annotated[str | None, _DESCRIPTION] = None,
    dataset: Annotated[list[str] | None, typer.Option(help="PURPOSE=ID of data; repeatable.")] = None,
    framework: Annotated[str | None, typer.Option(help="Such as ScikitLearn, Onnx, TensorFlow, Custom.")] = None,
    framework_version: Annotated[str | None, typer.Option(help="The framework's version.")] = None,
    child_path: Annotated[
        list[str] | None, typer.Option(help="Take only this file or folder of the folder; repeatable.")
    ] = None,
    sample_input: Annotated[Path | None, _SAMPLE_INPUT] = None,
    sample_output: Annotated[Path | None, _SAMPLE_OUTPUT] = None,
    cpu: Annotated[float | None, _CPU] = None,
    memory_gb: Annotated[float | None, _MEMORY] = None,
    gpu: Annotated[int | None, _GPU] = None,
    registry: flags.Registry = None,
    json_output: Annotated[bool, _JSON] = False,
) -> None:
    """Copy a model into the registry as its next version.

    packager models register diabetes model.joblib --tag area=health
    """
    model = Model.register(
        open_registry(registry),
        path,
        name,
        _pairs("--tag", tag),
        _pairs("--property", properties),
        description,
        [*_pairs("--dataset", dataset).items()],
        framework,
        framework_version,
        child_path,
        sample_input,
        sample_output,
        _resources(cpu, memory_gb, gpu),
    )
    _show(model, f"{model.id}  {model.model_version.path}", json_output)


def list_command(  # noqa: PLR0917 - typer passes every flag by keyword
    name: Annotated[str | None, typer.Argument(help="Only versions of this model.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only with this KEY or KEY=VALUE; repeatable.")] = None,
    properties: Annotated[
        list[str] | None, typer.Option("--property", help="Only with this KEY or KEY=VALUE; repeatable.")
    ] = None,
    framework: Annotated[str | None, typer.Option(help="Only of this framework.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Only made with the data of this id.")] = None,
    latest: Annotated[bool, typer.Option("--latest", help="Only the newest version of each.")] = False,
    registry: flags.Registry = None,
    json_output: Annotated[bool, _JSON] = False,
) -> None:
    """List registered models, newest version first.

    packager models list diabetes --tag area=health
    """
    opened = open_registry(registry)
    models = Model.list(
        opened,
        name,
        _filter(tag),
        _filter(properties),
        latest=latest,
        dataset_id=dataset,
        model_framework=framework,
    )
    if json_output:
        output.show_json([model.serialize() for model in models])
        return
    for model in models:
        typer.echo(f"{model.id}  {model.created_time}  {model.sha256[:12]}")
    if not models:
        asked = name or tag or properties or framework or dataset
        output.note(f"There are no {'such ' if asked else ''}models in {getattr(opened, 'root', opened)}.")


def show_command(
    model: Annotated[str, _MODEL],
    registry: flags.Registry = None,
    json_output: Annotated[bool, _JSON] = False,
) -> None:
    """Show one model: where its files are, its hash, its tags.

    packager models show diabetes:1
    """
    found = find_model(model, registry)
    _show(found, "\n".join(f"{key}: {value}" for key, value in found.serialize().items()), json_output)


def download_command(
    model: Annotated[str, _MODEL],
    to: Annotated[Path, typer.Option(help="The folder to put it in.")] = Path(),
    exist_ok: Annotated[bool, typer.Option("--exist-ok", help="Replace files that are there.")] = False,
    registry: flags.Registry = None,
    json_output: Annotated[bool, _JSON] = False,
) -> None:
    """Copy a model's file or folder out of the registry, checked.

    packager models download diabetes:1 --to build
    """
    found = find_model(model, registry)
    path = found.download(to, exist_ok=exist_ok)
    if json_output:
        output.show_json({**found.serialize(), "downloaded": path})
    else:
        typer.echo(path)


def update_command(  # noqa: PLR0917 - typer passes every flag by keyword
    model: Annotated[str, _MODEL],
    tag: Annotated[list[str] | None, _TAG] = None,
    remove_tag: Annotated[list[str] | None, typer.Option(help="The KEY of a tag to remove; repeatable.")] = None,
    properties: Annotated[list[str] | None, _PROPERTY] = None,
    description: Annotated[str | None, _DESCRIPTION] = None,
    dataset: Annotated[list[str] | None, typer.Option(help="PURPOSE=ID of data to add; repeatable.")] = None,
    sample_input: Annotated[Path | None, _SAMPLE_INPUT] = None,
    sample_output: Annotated[Path | None, _SAMPLE_OUTPUT] = None,
    cpu: Annotated[float | None, _CPU] = None,
    memory_gb: Annotated[float | None, _MEMORY] = None,
    gpu: Annotated[int | None, _GPU] = None,
    registry: flags.Registry = None,
    json_output: Annotated[bool, _JSON] = False,
) -> None:
    """Change what is said about a model; its files do not change.

    packager models update diabetes:1 --tag stage=live --remove-tag draft
    """
    found = find_model(model, registry)
    added, kept = _pairs("--tag", tag), _pairs("--property", properties)
    datasets, resources = _pairs("--dataset", dataset), _resources(cpu, memory_gb, gpu)
    if not any((added, remove_tag, kept, datasets, resources, sample_input, sample_output)) and description is None:
        raise typer.BadParameter("Say what to change: --tag, --remove-tag, --property, --description ...")
    if added or remove_tag or kept:
        found.update_tags_properties(added, remove_tag, kept)
    if datasets:
        found.add_dataset_references([*datasets.items()])
    found.update(None, description, sample_input, sample_output, resources)
    _show(found, f"{found.id}  {found.tags}", json_output)


def delete_command(
    model: Annotated[str, typer.Argument(help="NAME:VERSION; a version is deleted by its number only.")],
    registry: flags.Registry = None,
    json_output: Annotated[bool, _JSON] = False,
) -> None:
    """Remove one version of a model; its number is not given out again.

    packager models delete diabetes:1
    """
    if ":" not in model:
        raise typer.BadParameter(f"Say which version of {model!r} to delete: {model}:1, for example.")
    found = find_model(model, registry)
    found.delete()
    _show(found, f"Deleted {found.id}", json_output)


def clean_command(
    registry: flags.Registry = None,
    json_output: Annotated[bool, _JSON] = False,
) -> None:
    """Remove what killed registrations and deletions left in the registry, once it is a day old.

    packager models clean
    """
    removed = open_registry(registry).clean()
    if json_output:
        output.show_json({"removed": removed})
    else:
        typer.echo(f"Removed {removed} left-over files and folders")


def find_model(model: str, registry: str | None) -> Model:
    """The model that NAME or NAME:VERSION means in a registry as people write it."""
    opened = open_registry(registry)
    return Model(opened, id=model) if ":" in model else Model(opened, name=model)


def _show(model: Model, text: str, json_output: bool) -> None:
    if json_output:
        output.show_json(model.serialize())
    else:
        typer.echo(text)


def _pairs(option: str, values: Sequence[str] | None) -> dict[str, str]:
    return dict(_split(option, value) for value in values or ())


def _split(option: str, pair: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not (key and equals):
        raise typer.BadParameter(f"{option} {pair!r} is not of the form KEY=VALUE.")
    return key, value


def _filter(values: Sequence[str] | None) -> list[Any]:
    return [value.split("=", 1) if "=" in value else value for value in values or ()]


def _resources(cpu: float | None, memory_gb: float | None, gpu: int | None) -> ResourceConfiguration | None:
    given = (cpu, memory_gb, gpu)
    return None if given == (None, None, None) else ResourceConfiguration(*given)
