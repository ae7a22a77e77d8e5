"""The command `packager test`: send a sample through every trigger of an app."""

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.app_run import data_folder, find
from infra.proving import prove, prove_image
from packager.proof import ANSWERED, Proof, Tried
from packager.staging.contract_file import PROVED

_FAILED, _NOT_HERE, _PARTLY = 5, 6, 8
_SHOWN = 60
_HEADINGS = ("trigger", "function", "state", "sent to", "found at", "seconds", "answer")


def register(cli: typer.Typer) -> None:
    """Add the command to the packager's command line."""
    cli.command("test")(prove_command)


def prove_command(  # noqa: PLR0917 - Typer fills them by name
    app: Annotated[Path | None, typer.Argument(help="The folder that was staged.", show_default=False)] = None,
    image: Annotated[str | None, typer.Option(help="An image in a Docker Engine, instead of a folder.")] = None,
    sample: Annotated[
        Path | None, typer.Option(help="A file to send.", show_default="the package's, or the script's own")
    ] = None,
    sample_output: Annotated[Path | None, typer.Option(help="A file to compare the answers with.")] = None,
    trigger: Annotated[
        list[str] | None, typer.Option(help="Try this trigger only; repeatable.", show_default="all")
    ] = None,
    target: Annotated[str | None, typer.Option(help="A place whose limits count, as functions_premium.")] = None,
    running: Annotated[bool, typer.Option("--running", help="The app that runs now, instead of a copy of it.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for each answer.", min=0.1)] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Start an app, send a sample through every trigger, and show the answers.

    Ends with 0 only when all answered, with 5 when one failed, 6 when the app cannot be tried here, and 8 when there
    was no sample for one.

    Example: packager test ./diabetes-app --sample request.json
    """
    if (app is None) == (image is None) or (running and image is not None):
        raise typer.BadParameter("Give either the folder of a staged app or --image NAME.")
    asked: Callable[[Any], Proof] = partial(
        prove_image if image is not None else partial(prove, log=_note),
        sample=sample,
        sample_output=sample_output,
        triggers=trigger or (),
        target=target,
        timeout=timeout,
    )
    proof = asked(image or (find(data_folder(app or Path())) if running else app))
    _show(proof, as_json=as_json)
    if code := _exit_code(proof):
        raise typer.Exit(code)


def table(tried: Sequence[Tried]) -> str:
    """A line for each function, the columns as wide as what stands in them."""
    rows = [_HEADINGS, *(_cells(each) for each in tried)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    )


def _cells(tried: Tried) -> tuple[str, ...]:
    said = tried.answer[:_SHOWN].decode(errors="replace") if tried.state == ANSWERED else tried.problem
    seconds = f"{tried.seconds:.2f}" if tried.state == ANSWERED else ""
    words = " ".join(said.split())
    return (tried.trigger, tried.function, tried.state, tried.sent_to, tried.found_at, seconds, words)


def _show(proof: Proof, *, as_json: bool) -> None:
    """The user's traceback comes before everything else, and what failed in a sentence after it."""
    if proof.traceback:
        _note(proof.traceback)
    if proof.failure:
        _note(proof.failure)
    if as_json:
        print(json.dumps(proof.as_document(), indent=2))
    elif proof.tried:
        print(table(proof.tried))
        print(f"Measured: {proof.measured.line}")
    for warning in proof.warnings:
        _note(f"Warning: {warning}")


def _exit_code(proof: Proof) -> int:
    if not proof.succeeded:
        return _FAILED
    if proof.impossible:
        return _NOT_HERE
    return 0 if proof.state == PROVED else _PARTLY


def _note(text: str) -> None:
    print(text, file=sys.stderr)
