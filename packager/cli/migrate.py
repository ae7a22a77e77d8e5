"""`packager migrate`: what becomes of old azureml scripts and notebooks."""

from pathlib import Path
from typing import Annotated

import typer

from packager.cli import output
from packager.migration import MigrationReport, migrate

_NOT_SUPPORTED = 1


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("migrate", no_args_is_help=True)(migrate_command)


def migrate_command(
    paths: Annotated[list[Path], typer.Argument(help="Scripts, notebooks, and folders of them.")],
    json_output: Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")] = False,
) -> None:
    """List each use of azureml: works as is, with a change, has no meaning here, not supported (exit code 1).

    packager migrate notebook.ipynb deploy.py src/
    """
    report = migrate(paths)
    if json_output:
        output.show_json(report.as_json())
    else:
        _show(report)
    if not report.supported:
        raise typer.Exit(_NOT_SUPPORTED)


def _show(report: MigrationReport) -> None:
    for finding in report.findings:
        typer.echo(str(finding))
    counted = ", ".join(f"{number} {verdict}" for verdict, number in report.counts.items())
    typer.echo(f"{len(report.files)} file(s): {counted or 'no azureml in them'}.")
    if report.findings:
        typer.echo("Run a file unchanged with 'packager run-legacy FILE', or begin it with 'import packager.azureml'.")
