"""`packager images`: make, list, show, tag and forget images of web services whose versions count up."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from packager import ContainerImage
from packager.cli import flags, output
from packager.cli.models import find_model

_IMAGE = typer.Argument(help="NAME or NAME:VERSION.")
_TAG = typer.Option("--tag", help="KEY=VALUE; repeatable.")


def register(app: typer.Typer) -> None:
    """Add the group of commands to the root command."""
    group = typer.Typer(no_args_is_help=True, help="Make, list, show, tag and forget numbered images of web services.")
    for name, command in (
        ("create", create_command),
        ("list", list_command),
        ("show", show_command),
        ("update", update_command),
        ("delete", delete_command),
    ):
        group.command(name)(command)
    app.add_typer(group, name="images")


def create_command(  # noqa: PLR0917 - typer passes every flag by keyword
    name: Annotated[str, typer.Argument(help="What the image is called; versions count up.")],
    entry_script: flags.EntryScript,
    model_path: flags.ModelPaths = None,
    model: flags.RegisteredModels = None,
    registry: flags.Registry = None,
    dependency: Annotated[
        list[Path] | None, typer.Option(help="A file or folder to package beside the script; repeatable.")
    ] = None,
    conda_file: flags.CondaFile = None,
    docker_file: Annotated[Path | None, typer.Option(help="A file with lines of a Dockerfile to be added.")] = None,
    base_image: flags.BaseImage = None,
    tag: Annotated[list[str] | None, _TAG] = None,
    description: Annotated[str | None, typer.Option(help="A sentence on the image.")] = None,
    publish_to: flags.PublishTo = None,
    proof: flags.Proof = True,
    json_output: flags.Json = False,
) -> None:
    """Build the next version of an image of a plain web service.

    packager images create diabetes --entry-script score.py --model-path model.joblib
    """
    config = ContainerImage.image_configuration(
        entry_script,
        conda_file=conda_file,
        docker_file=docker_file,
        dependencies=dependency,
        tags=_pairs(tag),
        description=description,
        base_image=base_image,
    )
    models = [*(model_path or []), *(find_model(each, registry) for each in model or [])]
    made = ContainerImage.create(None, name, models, config, publish_to=publish_to, proof=proof)
    _show(made, json_output=json_output)


def list_command(
    name: Annotated[str | None, typer.Argument(help="Only versions of this image.")] = None,
    model: Annotated[str | None, typer.Option(help="Only with this model, by its name.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only with this KEY=VALUE; repeatable.")] = None,
    json_output: flags.Json = False,
) -> None:
    """List images, newest version first.

    packager images list diabetes --tag stage=live
    """
    found = ContainerImage.list(None, name, model_name=model, tags=_pairs(tag))
    if json_output:
        output.show_json([each.serialize() for each in found])
        return
    for each in found:
        typer.echo(f"{each.id}  {each.image_location}")


def show_command(image: Annotated[str, _IMAGE], json_output: flags.Json = False) -> None:
    """Show one version of an image, the newest if none is named."""
    _show(_find(image), json_output=json_output)


def update_command(
    image: Annotated[str, _IMAGE],
    tag: Annotated[list[str] | None, _TAG] = None,
    remove_tag: Annotated[list[str] | None, typer.Option(help="The KEY of a tag to take off; repeatable.")] = None,
    json_output: flags.Json = False,
) -> None:
    """Add tags to a version of an image, and take others off."""
    found = _find(image)
    found.remove_tags(remove_tag or [])
    found.add_tags(_pairs(tag))
    _show(found, json_output=json_output)


def delete_command(image: Annotated[str, typer.Argument(help="NAME:VERSION.")]) -> None:
    """Forget one version; the image itself stays where it is."""
    if ":" not in image:
        raise typer.BadParameter(f"{image!r} names no version; write {image}:1, for example.")
    _find(image).delete()


def _find(image: str) -> ContainerImage:
    return ContainerImage(None, id=image) if ":" in image else ContainerImage(None, image)


def _pairs(texts: Sequence[str] | None) -> dict[str, str]:
    pairs = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise typer.BadParameter(f"--tag {text!r} is not of the form KEY=VALUE.")
        pairs[key] = value
    return pairs


def _show(image: ContainerImage, *, json_output: bool) -> None:
    if json_output:
        output.show_json(image.serialize())
        return
    typer.echo(image.id)
    for label, value in image.serialize().items():
        if label not in ("id", "name", "version") and value:
            shown = ", ".join(f"{key}={each}" for key, each in value.items()) if isinstance(value, dict) else value
            typer.echo(f"  {label}: {', '.join(shown) if isinstance(shown, list | tuple) else shown}")
