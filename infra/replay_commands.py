"""The commands `packager replay` and `packager poison`."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from infra.failures import FailedBlob, failures, show_failure
from infra.replaying import Replay, Selection, replay, replay_failures

App = Annotated[Path, typer.Argument(help="The folder with function_app.py and host.json.", show_default=False)]
DataDir = Annotated[Path | None, typer.Option(help="The data folder of its local run.", show_default="<APP>.run")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count, and name the first twenty.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Blob = Annotated[str, typer.Argument(help="container/name, as `packager poison list` shows it.", show_default=False)]
Blobs = Annotated[list[str] | None, typer.Argument(help="container/name; repeatable.", show_default=False)]

_AGO = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def register(cli: typer.Typer) -> None:
    """Add the commands to the packager's command line."""
    cli.command("replay")(replay_command)
    poison = typer.Typer(no_args_is_help=True, help="Blobs that were given up: list, show, replay.")
    poison.command("list")(list_command)
    poison.command("show")(show_command)
    poison.command("replay")(poison_replay_command)
    cli.add_typer(poison, name="poison")


def replay_command(  # noqa: PLR0913, PLR0917 - Typer fills them by name
    app: App,
    failed: Annotated[bool, typer.Option("--failed", help="Those that were given up.")] = False,
    since: Annotated[
        str, typer.Option(help="Changed since: 2024-05-01T08:00 (local time unless it says otherwise), or 90m, 2h, 7d.")
    ] = "",
    match: Annotated[
        str, typer.Option(help="Whose name, or container/name, is like this; * and ? stand for any.")
    ] = "",
    etag: Annotated[str, typer.Option(help="The version with this ETag.")] = "",
    function: Annotated[str, typer.Option(help="Only for this function.")] = "",
    dry_run: DryRun = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Have blobs run again, and their answers replaced, by the running host or the next one.

    Example: packager replay ./diabetes-app --failed --since 2h --dry-run
    """
    selection = Selection(failed=failed, since=_time(since), match=match, etag=etag, function=function)
    _show(replay(app, selection, dry_run=dry_run, data_dir=data_dir), as_json=as_json)


def list_command(app: App, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show the blobs that were given up: when, by which function, after how many attempts, and why.

    Example: packager poison list ./diabetes-app
    """
    found = failures(app, data_dir=data_dir)
    if as_json:
        typer.echo(json.dumps([one.as_document() for one in found], indent=2))
        return
    for one in found:
        typer.echo(_line(one))
    typer.echo(f"{_blobs(len(found))} given up.", err=True)


def show_command(app: App, blob: Blob, data_dir: DataDir = None) -> None:
    """Print all that is known of one blob that was given up, as JSON.

    Example: packager poison show ./diabetes-app input/request.json
    """
    found = show_failure(app, blob, data_dir=data_dir)
    for one in found:
        typer.echo(json.dumps(one.as_document(), indent=2, ensure_ascii=False))


def poison_replay_command(
    app: App,
    blobs: Blobs = None,
    all_of_them: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,
    dry_run: DryRun = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Have blobs that were given up run again.

    Example: packager poison replay ./diabetes-app input/request.json
    """
    if bool(blobs) == all_of_them:
        raise typer.BadParameter("Give either the names of blobs or --all.")
    _show(replay_failures(app, blobs or (), dry_run=dry_run, data_dir=data_dir), as_json=as_json)


def _show(asked: Replay, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asked.as_document(), indent=2))
        return
    for name in asked.names:
        typer.echo(name)
    if asked.count > len(asked.names):
        typer.echo(f"... and {asked.count - len(asked.names)} more")
    if asked.dry_run:
        typer.echo(f"{_blobs(asked.count)} would run again.")
    else:
        typer.echo(f"{_blobs(asked.count)} will run again (replay {asked.id}).")


def _line(failed: FailedBlob) -> str:
    when = f"{failed.when:%Y-%m-%d %H:%M:%S}Z" if failed.when.year > 1 else "-"
    return f"{failed.blob}  {when}  {failed.function}  {failed.attempts} attempts  {failed.error}"


def _blobs(count: int) -> str:
    return "1 blob" if count == 1 else f"{count} blobs"


def _time(text: str) -> datetime | None:
    """A moment, or a time before now."""
    if not text:
        return None
    if found := _AGO.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is no time for --since; write 2024-05-01T08:00, 2024-05-01T08:00Z, or 90m, 2h, 7d ago."
        ) from error
