"""The tables of docs/reference/retired-api.md, made of the migration's table."""

from itertools import groupby

from packager.migration.table import WORDS, Table


def markdown(table: Table) -> str:
    """A heading and a table for each retired module, a row for each name in it."""
    sections = []
    for module, names in groupby(table.documented, key=lambda each: each[0]):
        rows = [_row(table, module, name) for _, name in names]
        sections.append("\n".join([f"## {module}", "", "| name | now | what to know |", "|---|---|---|", *rows]))
    return "\n\n".join(sections) + "\n"


def _row(table: Table, module: str, name: str) -> str:
    retired = table.names[f"{module}.{name}"]
    shown = name if retired.parameters is None else f"{name}({retired.parameters})"
    instead = f"write `{retired.line}`" if retired.line else ""
    said = "; ".join(each for each in (retired.note, instead) if each)
    return f"| `{shown}` | {WORDS[retired.now]} | {said} |".replace("|  |", "| |")
