"""`packager run-legacy`: run an old azureml script or notebook unchanged."""

from pathlib import Path
from typing import Annotated

import typer

from packager.errors import PackagerError


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    # What comes after the script is the script's own, even if it begins with '--'.
    settings = {"allow_interspersed_args": False, "ignore_unknown_options": True}
    app.command("run-legacy", no_args_is_help=True, context_settings=settings)(run_legacy_command)


def run_legacy_command(
    script: Annotated[Path, typer.Argument(help="A .py or .ipynb file that imports azureml.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="The script's own arguments.")] = None,
) -> None:
    """Run a script or notebook whose azureml packages are retired, with the packager in their place.

    packager run-legacy package_model.py --name diabetes
    """
    from packager import azureml
    from triggers.errors import TriggerError

    given = arguments or []
    # Whoever writes it means "what follows is the script's own", as for other commands.
    try:
        azureml.run(script, given[1:] if given[:1] == ["--"] else given)
    except (PackagerError, TriggerError):
        raise
    except Exception as error:
        typer.echo(azureml.own_traceback(error, script), err=True, nl=False)
        raise typer.Exit(1) from error
