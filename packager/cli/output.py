"""The same result for people or as JSON; messages go to stderr."""

import json
import sys
from collections.abc import Mapping, Sequence

import typer


def show_json(result: Mapping[str, object] | Sequence[Mapping[str, object]]) -> None:
    """The result and nothing else on stdout."""
    typer.echo(json.dumps(result, indent=2))


def show_error(error: BaseException) -> None:
    """The message and its notes on stderr, the first in red on a terminal."""
    typer.secho(str(error), err=True, fg=_colour(typer.colors.RED))
    for text in getattr(error, "__notes__", ()):
        typer.echo(text, err=True)


def note(text: str) -> None:
    """A line for people on stderr."""
    typer.echo(text, err=True)


def heading(text: str) -> None:
    """A line on stdout that stands out on a terminal."""
    typer.secho(text, bold=bool(_colour("bold")) or None)


def _colour(name: str) -> str | None:
    """No colour without a terminal or with NO_COLOR."""
    from packager.config import colour_allowed

    return name if colour_allowed() and sys.stderr.isatty() and sys.stdout.isatty() else None
