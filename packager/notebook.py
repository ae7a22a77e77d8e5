"""Python code in scripts and notebooks, cell by cell."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packager.errors import InvalidPackageRequest

_LINE_MAGIC = re.compile(r"^\s*(?:%{1,2}[A-Za-z]|!|\?)|^\s*[\w.]+\s*\?{1,2}\s*$|^\s*\w+\s*=\s*(?:%[A-Za-z]|!)")
_WRITES_FILE = re.compile(r"^%%(?:writefile|file)\s+(?P<append>-a\s+|--append\s+)?(?P<file>.+?)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A piece of source whose lines count from 1; a script is one piece."""

    source: str
    number: int | None = None
    """Of the code cell, from 1; None for a script."""
    magics: tuple[tuple[int, str], ...] = ()
    """Lines that are the notebook's own commands, left empty in `source`."""
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
    if lines and lines[first].startswith("%%") and not re.match(r"%%(time|timeit|capture)\b", lines[first]):
        return Cell(source="", number=number, magics=((first + 1, lines[first]),))
    magics = tuple((index, line.strip()) for index, line in enumerate(lines, 1) if _LINE_MAGIC.match(line))
    taken = {index for index, _ in magics}
    kept = ("" if index in taken else line for index, line in enumerate(lines, 1))
    return Cell(source="".join(f"{line}\n" for line in kept), number=number, magics=magics)
