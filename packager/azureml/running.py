"""Run an old script or notebook in this process, with the stand-ins in place."""

import logging
import os
import runpy
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from packager.errors import InvalidPackageRequest, PackagerError
from packager.notebook import Cell, read_cells

_LOGGER = logging.getLogger(__name__)


def run(script: str | Path, arguments: Sequence[str] = ()) -> None:
    """Run a .py file as `python script.py arguments` does, or the code cells of a .ipynb file in its folder.

    Of a notebook's commands `%%writefile` is obeyed; others are left out with a warning. What the code raises is
    raised here; an error of the packager has a note with its line. Raises InvalidPackageRequest for no such file.
    """
    path = Path(script).expanduser().absolute()
    if not path.is_file() or path.suffix not in {".py", ".ipynb"}:
        raise InvalidPackageRequest(f"{str(script)!r} is not a script (.py) or a notebook (.ipynb); looked at {path}.")
    with _started_as(path, arguments), _told_where(path):
        if path.suffix == ".py":
            runpy.run_path(str(path), run_name="__main__")
        else:
            _run_cells(path)


def _run_cells(path: Path) -> None:
    # Notebooks run in their own folder, and show values with display().
    names: dict[str, object] = {"__name__": "__main__", "__file__": str(path), "display": print}
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        for cell in read_cells(path):
            for line, text in cell.magics:
                _LOGGER.warning("%s, cell %s, line %s: left out: %s", path.name, cell.number, line, text)
            if cell.file is not None:
                _write(cell, Path(cell.file))
            else:
                exec(compile(cell.source, f"{path}[cell {cell.number}]", "exec"), names)  # noqa: S102 - the user's own code
    finally:
        os.chdir(before)


def _write(cell: Cell, file: Path) -> None:
    with file.open("a" if cell.append else "w", encoding="utf-8") as stream:
        stream.write(cell.source.lstrip("\n"))


@contextmanager
def _started_as(path: Path, arguments: Sequence[str]) -> Iterator[None]:
    argv, search = sys.argv, sys.path[:]
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.parent))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, search


@contextmanager
def _told_where(path: Path) -> Iterator[None]:
    try:
        yield
    except PackagerError as error:
        trace, place = error.__traceback__, None
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename
            place = f"{file}, line {trace.tb_lineno}" if file.startswith(str(path)) else place
            trace = trace.tb_next
        error.add_note(f"Raised at {place or path}.")
        raise
