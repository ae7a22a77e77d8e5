"""Run an old script or notebook in this process, with the stand-ins in place."""

import ast
import inspect
import linecache
import logging
import os
import re
import runpy
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from packager.errors import InvalidPackageRequest, PackagerError
from packager.notebook import Cell, read_cells
from packager.waiting import waited_for

_LOGGER = logging.getLogger(__name__)
_CHANGES_FOLDER = re.compile(r"%(?:cd|pushd|popd)\b")


def run(script: str | Path, arguments: Sequence[str] = ()) -> None:
    """Run a .py file as `python script.py arguments` does, or the code cells of a .ipynb file in its folder.

    Of a notebook's commands `%%writefile` and `%env A=B` are obeyed; others are left out with a warning. What the code
    raises is raised here; an error of the packager has a note with its line. Raises InvalidPackageRequest for no such
    file, and for a notebook that calls get_ipython().
    """
    path = Path(script).expanduser().absolute()
    if not path.is_file() or path.suffix not in {".py", ".ipynb"}:
        raise InvalidPackageRequest(f"{str(script)!r} is not a script (.py) or a notebook (.ipynb); looked at {path}.")
    with _started_as(path, arguments), _told_where(path):
        if path.suffix == ".py":
            runpy.run_path(str(path), run_name="__main__")
        else:
            _run_cells(path)


def own_traceback(error: BaseException, script: str | Path) -> str:
    """What `python script.py` shows of an error that run() raised: the traceback from the script's first line on."""
    path, trace = str(Path(script).expanduser().absolute()), error.__traceback__
    while trace is not None and not trace.tb_frame.f_code.co_filename.startswith(path):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))


def _run_cells(path: Path) -> None:
    # Notebooks run in their own folder, and show values with display().
    names: dict[str, object] = {"__name__": "__main__", "__file__": str(path), "display": print}
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        for cell in read_cells(path):
            for line, text in cell.magics:
                stays = f" (paths stay relative to {path.parent})" if _CHANGES_FOLDER.match(text) else ""
                _LOGGER.warning("%s, cell %s, line %s: left out: %s%s", path.name, cell.number, line, text, stays)
            if cell.file is not None:
                _write(cell, Path(cell.file))
            else:
                _run_cell(f"{path}[cell {cell.number}]", cell.source, names)
    finally:
        os.chdir(before)


def _run_cell(place: str, source: str, names: dict[str, object]) -> None:
    # So that tracebacks show the lines.
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    code = compile(source, place, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    try:
        waiting = eval(code, names)  # noqa: S307 - the user's own code
        if code.co_flags & inspect.CO_COROUTINE:
            waited_for(waiting)
    except NameError as error:
        if error.name != "get_ipython":
            raise
        raise InvalidPackageRequest(
            f"{place} calls get_ipython(), and no notebook server runs here. Take the call out of the cell, or write "
            "it as a command (%...), which is left out."
        ) from error


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
