"""Sort the options of a command line to the triggers they belong to."""

import inspect
from collections.abc import Mapping, Sequence

import typer

from packager.errors import InvalidPackageRequest
from packager.trigger_forms import TriggerTable


def trigger_table(
    names: Sequence[str], flags: Mapping[str, str | None], pairs: Sequence[str], functions: bool | None
) -> TriggerTable:
    """Options by trigger name.

    A flag goes to every trigger that has an option of its name; `pairs` are TRIGGER.NAME=VALUE. `functions` is
    what the user said of the kind of package: None follows from the triggers.
    """
    _check_kind(names, flags, pairs, functions)
    table: dict[str, dict[str, object]] = {name: {} for name in names}
    for flag, value in flags.items():
        if value is not None:
            for owner in _owners(names, flag):
                table[owner][flag] = value
    for pair in pairs:
        trigger, option, value = _split(pair)
        if trigger not in table:
            raise InvalidPackageRequest(f"--option {pair!r} is for a trigger that --trigger does not name.")
        table[trigger][option] = value
    return table


def _check_kind(
    names: Sequence[str], flags: Mapping[str, str | None], pairs: Sequence[str], functions: bool | None
) -> None:
    if functions and not names:
        raise typer.BadParameter("--functions needs a --trigger.")
    if functions is False and names:
        raise typer.BadParameter("--web-service has no --trigger; it answers at /score.")
    given = [f"--{name.replace('_', '-')}" for name, value in flags.items() if value is not None]
    given += [f"--option {pair}" for pair in pairs]
    if given and not names:
        raise typer.BadParameter(f"{given[0]} belongs to a trigger; add --trigger.")


def _owners(names: Sequence[str], option: str) -> list[str]:
    from triggers.registry import adapters

    known = adapters()
    owners = [name for name in names if name in known and option in inspect.signature(known[name].options).parameters]
    if not owners and all(name in known for name in names):
        raise InvalidPackageRequest(
            f"--{option.replace('_', '-')} is an option of none of the triggers {', '.join(names)}."
        )
    return owners


def _split(pair: str) -> tuple[str, str, str]:
    key, equals, value = pair.partition("=")
    trigger, dot, option = key.partition(".")
    if not (equals and dot and trigger and option):
        raise typer.BadParameter(f"--option {pair!r} is not of the form TRIGGER.NAME=VALUE.")
    return trigger, option, value
