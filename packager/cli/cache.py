"""`packager cache`: see what builds keep, and throw out what nothing needs any more."""

from dataclasses import asdict
from typing import Annotated

import typer

from packager.cli import flags, output
from packager.config import KEPT_DAYS

_MB = 1_000_000


def register(app: typer.Typer) -> None:
    """Add the group of commands to the root command."""
    group = typer.Typer(no_args_is_help=True, help="See and prune what builds keep for the next one.")
    group.command("show")(show_command)
    group.command("prune")(prune_command)
    app.add_typer(group, name="cache")


def show_command(json_output: flags.Json = False) -> None:
    """The folder of the cache, and what is in it."""
    from packager.builders.cache import BuildCache
    from packager.builders.cache_pruning import cache_use

    cache = BuildCache.open()
    found = cache_use(cache)
    if json_output:
        output.show_json({"folder": str(cache.folder), "uses": [asdict(each) for each in found]})
        return
    typer.echo(str(cache.folder))
    for each in found:
        typer.echo(f"  {each.kind:<10}  {each.count:>6}  {each.size / _MB:>10.1f} MB")


def prune_command(
    older_than: Annotated[
        float, typer.Option(help="Throw out what was not used for so many days; 0 for everything.")
    ] = KEPT_DAYS,
    json_output: flags.Json = False,
) -> None:
    """Throw out what was not used for a while, and what builds that were cut short left over.

    packager cache prune --older-than 7
    """
    from packager.builders.cache import BuildCache
    from packager.builders.cache_pruning import prune

    freed = prune(BuildCache.open(), older_than)
    if json_output:
        output.show_json(asdict(freed))
    else:
        typer.echo(f"Freed {freed.size / _MB:.1f} MB in {freed.count} files.")
