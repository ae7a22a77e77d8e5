"""The command `packager status`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from infra.app_status import AppStatus, FunctionStatus, status

App = Annotated[Path, typer.Argument(help="The folder with function_app.py and host.json.", show_default=False)]
DataDir = Annotated[Path | None, typer.Option(help="The data folder of its local run.", show_default="<APP>.run")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]

_SHOWN = {
    "executions_total": "executions",
    "failed_executions_total": "failed",
    "running_executions": "running",
    "pending_events": "waiting in it",
    "poisoned_events_total": "given up",
}


def register(cli: typer.Typer) -> None:
    """Add the command to the packager's command line."""
    cli.command("status")(status_command)


def status_command(
    app: App,
    count: Annotated[bool, typer.Option("--count", help="List the containers, and count what waits.")] = False,
    url: Annotated[str, typer.Option(help="A host to ask.", show_default="the app's local run, if it runs")] = "",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show how the app's blob functions stand: what waits, what was given up, how far the search has come.

    Example: packager status ./diabetes-app --count
    """
    found = status(app, count=count, url=url, data_dir=data_dir)
    typer.echo(json.dumps(found.as_document(), indent=2) if as_json else describe_status(found))


def describe_status(found: AppStatus) -> str:
    """For people."""
    asked = f"with the numbers of {found.url}" if found.url else "no host tells numbers"
    lines = [f"{found.app} (host id {found.host_id}, {asked})", f"  control queue     about {found.queued} blobs"]
    for function in found.functions:
        lines += _function(function)
    return "\n".join(lines)


def _function(one: FunctionStatus) -> list[str]:
    until = f"{one.searched_until:%Y-%m-%d %H:%M:%S}Z" if one.searched_until else "nowhere yet"
    lines = ["", f"  {one.name} at {one.path}", f"    searched until  {until}"]
    if one.pending is not None:
        lines.append(f"    not begun       {one.pending}")
    lines.append(f"    given up        {one.given_up} (about {one.poison_messages} messages in the poison queue)")
    if one.numbers:
        told = ", ".join(f"{one.numbers[key]:g} {word}" for key, word in _SHOWN.items() if key in one.numbers)
        role = "looks for blobs" if one.numbers.get("looks_for_events") else "leaves looking to another one"
        lines += [
            f"    this host       {told}; {role}",
            f"    oldest waits    {one.numbers.get('oldest_pending_event_seconds', 0.0):.1f} s",
        ]
    return lines
