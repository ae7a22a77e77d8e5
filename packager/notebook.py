"""Python code in scripts and notebooks, cell by cell."""

import ast
import json
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packager.errors import InvalidPackageRequest

_LINE_MAGIC = re.compile(
    r"\s*(?:%{1,2}[A-Za-z]|!(?!=)|\?|(?:pip|conda)\s+install\b|[\w.]+\s*\?{1,2}\s*$|"
    r"[\w.][\w., ]*=\s*(?:%[A-Za-z]|!(?!=)))"
)
_RUNS_ITS_CELL = re.compile(r"%%(?:time|timeit|capture)\b")
# Notebooks put the values of their own variables into {name} and $name, which nobody does here.
_SETS_VARIABLE = re.compile(r"\s*%(?:set_)?env\s+(?P<name>\w+)(?:\s*=\s*|\s+)(?P<value>[^${}]*?)\s*$")
_WRITES_FILE = re.compile(r"^%%(?:writefile|file)\s+(?P<append>-a\s+|--append\s+)?(?P<file>.+?)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A piece of source whose lines count from 1; a script is one piece."""

    source: str
    number: int | None = None
    """Of the code cell, from 1; None for a script."""
    magics: tuple[tuple[int, str], ...] = ()
    """Lines that are the notebook's own commands: `source` has nothing in their place, `%env A=B` excepted."""
    file: str | None = None
    """What %%writefile writes the source to, instead of running it."""
    append: bool = False


def read_cells(path: Path) -> Sequence[Cell]:
    """The code of a .py or .ipynb file; raises InvalidPackageRequest for a file that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix != ".ipynb":
            return [Cell(source=text)]
        cells = json.loads(text)["cells"]
        code = [_text(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except OSError as error:
        raise InvalidPackageRequest(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidPackageRequest(f"{path} is not a text in UTF-8: {error}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidPackageRequest(f"{path} is not a notebook of format 4: {error!r}.") from error
    return [_cell(source, number) for number, source in enumerate(code, 1)]


def _text(source: str | Sequence[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _cell(source: str, number: int) -> Cell:
    lines = source.splitlines()
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    writes = _WRITES_FILE.match(lines[first]) if lines else None
    if writes is not None:
        # An empty first line keeps the numbers of the others.
        body = "\n" * (first + 1) + "".join(f"{line}\n" for line in lines[first + 1 :])
        return Cell(source=body, number=number, file=writes["file"].strip("\"'"), append=bool(writes["append"]))
    if lines and lines[first].startswith("%%") and not _RUNS_ITS_CELL.match(lines[first]):
        return Cell(source="", number=number, magics=((first + 1, lines[first]),))
    return _without_magics(lines, number)


def _without_magics(lines: list[str], number: int) -> Cell:
    """What looks like a command may be within a string or an expression, so only the parser's complaints decide."""
    magics: dict[int, str] = {}
    while (complaint := _complaint(lines)) is not None:
        looking_so = [index for index, line in enumerate(lines) if _LINE_MAGIC.match(line)]
        if not looking_so:
            break
        # A complaint may come late, as for a quote that nothing closes.
        index = max((each for each in looking_so if each < complaint), default=looking_so[0])
        text = _take(lines, index)
        if text is not None:
            magics[index + 1] = text
    source = "".join(f"{line}\n" for line in lines)
    return Cell(source=source, number=number, magics=tuple(sorted(magics.items())))


def _complaint(lines: list[str]) -> int | None:
    """The line, from 1, at which this is not Python; None if it is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse("\n".join(lines))
    except SyntaxError as error:
        return error.lineno or 1
    except ValueError:
        return 1
    return None


def _take(lines: list[str], index: int) -> str | None:
    """Put into the place of a command what keeps the lines' numbers and blocks; the command, None if it is obeyed."""
    first = lines[index]
    text, last = first.strip(), index
    while text.endswith("\\") and last + 1 < len(lines):
        last += 1
        text = f"{text[:-1].rstrip()} {lines[last].strip()}"
        lines[last] = ""
    indentation = first[: len(first) - len(first.lstrip())]
    sets = _SETS_VARIABLE.fullmatch(text)
    if sets is not None:
        setting = {sets["name"]: sets["value"]}
        lines[index] = f"{indentation}__import__('os').environ.update({setting!r})"
        return None
    lines[index] = f"{indentation}pass" if indentation else ""
    return text
