"""`packager models`: register, list and show models."""

from pathlib import Path
from typing import Annotated

import typer

from packager import LocalModelRegistry, Model
from packager.cli import output

_JSON = typer.Option("--json", help="The result as JSON on stdout.")


def register(app: typer.Typer) -> None:
    """Add the group of commands to the root command."""
    group = typer.Typer(no_args_is_help=True, help="Register, list and show models.")
    group.command("register")(register_command)
    group.command("list")(list_command)
    group.command("show")(show_command)
    app.add_typer(group, name="models")


def register_command(
    name: Annotated[str, typer.Argument(help="What the model is called.")],
    path: Annotated[Path, typer.Argument(help="Its file or folder.")],
    tag: Annotated[list[str] | None, typer.Option(help="KEY=VALUE; repeatable.")] = None,
    description: Annotated[str | None, typer.Option(help="A sentence on the model.")] = None,
    json_output: Annotated[bool, _JSON] = False,
) -> None:
    """Copy a model into the registry as its next version.

    packager models register diabetes model.joblib --tag area=health
    """
    tags = dict(_split(each) for each in tag or [])
    model = Model.register(model_path=path, model_name=name, tags=tags, description=description)
    if json_output:
        output.show_json(model.serialize())
    else:
        typer.echo(f"{model.id}  {model.path}")


def list_command(
    name: Annotated[str | None, typer.Argument(help="Only versions of this model.")] = None,
    json_output: Annotated[bool, _JSON] = False,
) -> None:
    """List registered models, newest version first.

    packager models list diabetes
    """
    models = Model.list(name=name)
    if json_output:
        output.show_json([model.serialize() for model in models])
        return
    for model in models:
        typer.echo(f"{model.id}  {model.created_time}  {model.sha256[:12]}")
    if not models:
        output.note(f"There are no models in {LocalModelRegistry().root}.")


def show_command(
    model: Annotated[str, typer.Argument(help="NAME or NAME:VERSION.")],
    json_output: Annotated[bool, _JSON] = False,
) -> None:
    """Show one model: where its files are, its hash, its tags.

    packager models show diabetes:1
    """
    found = Model(id=model) if ":" in model else Model(name=model)
    if json_output:
        output.show_json(found.serialize())
        return
    for key, value in found.serialize().items():
        typer.echo(f"{key}: {value}")


def _split(pair: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not (key and equals):
        raise typer.BadParameter(f"--tag {pair!r} is not of the form KEY=VALUE.")
    return key, value
