"""What has become of every retired name: the one source of the migration report and of the reference table."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Now = Literal["same", "better", "meaningless", "refused"]

WORDS: Mapping[Now, str] = {
    "same": "same",
    "better": "better",
    "meaningless": "no meaning here",
    "refused": "refused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetiredName:
    """One name of the retired packages."""

    name: str
    """With its module: `azureml.core.model.Model.register`."""
    now: Now
    parameters: str | None = None
    """As they were, without self; None for what is not called."""
    returns: str | None = None
    """The retired class of what a call gives."""
    note: str = ""
    line: str | None = None
    """What to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All retired names."""

    names: Mapping[str, RetiredName]
    documented: tuple[tuple[str, str], ...]
    """(module, name in it) of those that the reference page lists, in its order."""
    below: Mapping[str, RetiredName]
    """What holds for every other name below a prefix."""
    aliases: Mapping[str, str]

    def canonical(self, name: str) -> str:
        """The name under which the table has what is reachable under several."""
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            found = self.aliases.get(".".join(parts[:length]))
            if found is not None:
                return ".".join([found, *parts[length:]])
        return name

    def find(self, name: str) -> RetiredName:
        """What the table says of a canonical name that begins with `azureml`: of itself, or of what it is in."""
        if name in self.names:
            return self.names[name]
        parts = name.split(".")
        for length in range(len(parts), 1, -1):
            prefix = ".".join(parts[:length])
            if prefix in self.below:
                return self.below[prefix]
        return self.below["azureml"]

    def public(self, module: str) -> dict[str, str]:
        """What `from module import *` brings, as far as the table knows: each name and its canonical one."""
        home = self.canonical(module)
        brought = {}
        for full in (*self.names, *self.below, *self.aliases):
            parent, _, name = full.rpartition(".")
            canonical = self.canonical(full)
            # Modules are brought by importing them; in the table they are the lowercase names that it does not list.
            if parent in {module, home} and name[0] != "_" and (canonical in self.names or not name.islower()):
                brought[name] = canonical
        return brought

    def is_class(self, name: str) -> bool:
        """Are there names below it, as below a class?"""
        return name in self.names and any(other.startswith(f"{name}.") for other in self.names)


@cache
def table() -> Table:
    """The table, read once."""
    said = tomllib.loads(Path(__file__).with_name("retired.toml").read_text(encoding="utf-8"))
    listed = {f"{module}.{name}": row for module, rows in said["names"].items() for name, row in rows.items()}
    other = {f"{module}.{name}": row for module, rows in said["other"].items() for name, row in rows.items()}
    return Table(
        names={name: RetiredName(name=name, **row) for name, row in {**listed, **other}.items()},
        documented=tuple((module, name) for module, rows in said["names"].items() for name in rows),
        below={name: RetiredName(name=name, **row) for name, row in said["below"].items()},
        aliases=said["aliases"],
    )
