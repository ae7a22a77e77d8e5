"""`packager environments`: register, list and show environments."""

from pathlib import Path
from typing import Annotated

import typer

from packager import Environment
from packager.cli import flags, output
from packager.staging.requirements import environment_requirements


def register(app: typer.Typer) -> None:
    """Add the group of commands to the root command."""
    group = typer.Typer(no_args_is_help=True, help="Register, list and show environments.")
    for name, command in (("register", register_command), ("list", list_command), ("show", show_command)):
        group.command(name)(command)
    app.add_typer(group, name="environments")


def register_command(
    name: Annotated[str, typer.Argument(help="What the environment is called.")],
    requirements: flags.Requirements = None,
    conda_file: flags.CondaFile = None,
    base_image: flags.BaseImage = None,
    json_output: flags.Json = False,
) -> None:
    """Keep the packages of a file as the next version of an environment.

    packager environments register diabetes --requirements requirements.txt
    """
    made = environment_of(name, requirements, conda_file)
    made.docker.base_image = base_image
    _show(made.register(None), json_output=json_output)


def list_command(json_output: flags.Json = False) -> None:
    """Every environment with its newest version."""
    found = Environment.list(None)
    if json_output:
        output.show_json([_document(each) for each in found.values()])
        return
    for each in found.values():
        typer.echo(f"{each.name}:{each.version}")


def show_command(
    environment: Annotated[str, typer.Argument(help="NAME or NAME:VERSION.")], json_output: flags.Json = False
) -> None:
    """Python version, packages and base image of an environment."""
    _show(registered(environment), json_output=json_output)


def registered(name_and_version: str) -> Environment:
    """The environment NAME or NAME:VERSION; raises InvalidEnvironment."""
    name, _, version = name_and_version.partition(":")
    return Environment.get(None, name, version or None)


def environment_of(name: str, requirements: Path | None, conda_file: Path | None) -> Environment:
    """The environment of one of the two files, or an empty one."""
    if requirements is not None and conda_file is not None:
        raise typer.BadParameter("--requirements and --conda-file exclude each other.")
    if requirements is not None:
        return Environment.from_pip_requirements(name, requirements)
    if conda_file is not None:
        return Environment.from_conda_specification(name, conda_file)
    return Environment(name)


def _document(environment: Environment) -> dict[str, object]:
    return {
        "name": environment.name,
        "version": environment.version,
        "python": environment.python_version,
        "base_image": environment.docker.base_image,
        "requirements": [str(each) for each in environment_requirements(environment)],
    }


def _show(environment: Environment, *, json_output: bool) -> None:
    document = _document(environment)
    if json_output:
        output.show_json(document)
        return
    typer.echo(f"{environment.name}:{environment.version}")
    for label in ("python", "base_image", "requirements"):
        value = document[label]
        typer.echo(f"  {label}: {', '.join(value) if isinstance(value, list) else value or '-'}")
