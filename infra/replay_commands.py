"""The commands `packager replay` and `packager poison`."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from infra.bus_entities import DEAD_LETTERS
from infra.errors import InvalidRunRequest
from infra.given_up import GivenUp, given_up, replay_given_up, show_given_up
from infra.replaying import Replay, Selection, replay

App = Annotated[Path, typer.Argument(help="The folder with function_app.py and host.json.", show_default=False)]
DataDir = Annotated[Path | None, typer.Option(help="The data folder of its local run.", show_default="<APP>.run")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count, and name the first twenty.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Name = Annotated[str, typer.Argument(help="As `packager poison list` shows it.", show_default=False)]
Names = Annotated[list[str] | None, typer.Argument(help="As the list shows them; repeatable.", show_default=False)]

_AGO = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def register(cli: typer.Typer) -> None:
    """Add the commands to the packager's command line."""
    cli.command("replay")(replay_command)
    poison = typer.Typer(no_args_is_help=True, help="Blobs and messages that were given up: list, show, replay.")
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
    """Show what was given up, blobs and messages: when, by which function, after how many attempts, and why.

    Example: packager poison list ./diabetes-app
    """
    problems: list[str] = []
    found = given_up(app, data_dir=data_dir, told=problems.append)
    if as_json:
        typer.echo(json.dumps([one.as_document() for one in found], indent=2))
    else:
        for one in found:
            typer.echo(_line(one))
        typer.echo(f"{_counted(len(found), [one.name for one in found])} given up.", err=True)
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(InvalidRunRequest.exit_code)


def show_command(app: App, name: Name, data_dir: DataDir = None) -> None:
    """Print all that is known of one blob or message that was given up, as JSON.

    Example: packager poison show ./diabetes-app input/request.json
    """
    for one in show_given_up(app, name, data_dir=data_dir):
        typer.echo(json.dumps(one.as_document(), indent=2, ensure_ascii=False))


def poison_replay_command(
    app: App,
    names: Names = None,
    all_of_them: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,
    dry_run: DryRun = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Have blobs and messages that were given up run again.

    Example: packager poison replay ./diabetes-app input/request.json
    """
    if bool(names) == all_of_them:
        raise typer.BadParameter("Give either names or --all.")
    _show(replay_given_up(app, names or (), dry_run=dry_run, data_dir=data_dir), as_json=as_json)


def _show(asked: Replay, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asked.as_document(), indent=2))
        return
    for name in asked.names:
        typer.echo(name)
    if asked.count > len(asked.names):
        typer.echo(f"... and {asked.count - len(asked.names)} more")
    if asked.dry_run:
        typer.echo(f"{_counted(asked.count, asked.names)} would run again.")
    else:
        typer.echo(f"{_counted(asked.count, asked.names)} will run again (replay {asked.id}).")


def _line(failed: GivenUp) -> str:
    when = f"{failed.when:%Y-%m-%d %H:%M:%S}Z" if failed.when.year > 1 else "-"
    return f"{failed.name}  {when}  {failed.function}  {failed.attempts} attempts  {failed.error}"


def _counted(count: int, names: Iterable[str]) -> str:
    """How many, and of what, as far as the names tell."""
    kinds = {"message" if DEAD_LETTERS in name else "blob" for name in names} or {"blob"}
    return f"{count} {' and '.join(kind if count == 1 else f'{kind}s' for kind in sorted(kinds))}"


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
