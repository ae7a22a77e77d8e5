"""The root command: finds its sub-commands by entry point and turns errors into exit codes."""

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points, version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from packager.cli import output
from packager.cli.signals import Ended, end_as_interrupted
from packager.config import DISTRIBUTION
from packager.errors import PackagerError

_GROUP = "packager.commands"
_VALIDATION = 3
_INTERRUPTED = 130


class RootCommand(TyperGroup):
    """The one place where errors of our packages become a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        with reported_errors(), end_as_interrupted():
            return super().invoke(ctx)


@contextmanager
def reported_errors() -> Iterator[None]:
    """Show errors that are the user's to solve on stderr and exit; any other is a bug and passes."""
    from triggers.errors import TriggerError

    try:
        yield
    except PackagerError as error:
        output.show_error(error)
        raise typer.Exit(error.exit_code) from error
    except TriggerError as error:
        output.show_error(error)
        raise typer.Exit(_VALIDATION) from error
    except Ended as error:
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(_INTERRUPTED) from error


def build_app() -> typer.Typer:
    """The command with all the sub-commands that are installed."""
    app = typer.Typer(
        name="packager",
        cls=RootCommand,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for entry in sorted(entry_points(group=_GROUP), key=lambda each: each.name):
        try:
            register = entry.load()
        except ImportError as error:
            output.note(f"The command {entry.name!r} cannot be loaded and is left out: {error}")
            continue
        register(app)
    return app


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"packager {version(DISTRIBUTION)} (Python {platform.python_version()})")
        raise typer.Exit


def _root(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Package a trained model and a scoring script, and run the result.

    packager package --entry-script score.py --model-path model.joblib --trigger http --context build/app

    packager run build/app
    """


def main() -> None:
    """Run the command line and exit: 0 ok, 1 unexpected, 2 usage, 3 validation, 4 build, 5 script, 6 unreachable."""
    build_app()(sys.argv[1:], prog_name="packager")
