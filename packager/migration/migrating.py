"""migrate(): look through scripts, notebooks and folders for retired names."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from packager.errors import InvalidPackageRequest
from packager.migration.report import Finding, MigrationReport
from packager.migration.scanning import Scan
from packager.notebook import Cell, read_cells

_SUFFIXES = (".py", ".ipynb")
_SKIPPED = {"__pycache__", "node_modules", "site-packages"}


def migrate(paths: str | Path | Sequence[str | Path]) -> MigrationReport:
    """Every import, call and attribute of `azureml` in these files, and below these folders; nothing is run.

    Follows names, aliases and what calls return, as far as it is plain to see. A file that does not parse is a
    finding that is not supported. Raises InvalidPackageRequest for a path that is not there, or that is neither a
    folder nor a .py or .ipynb file.
    """
    given = [paths] if isinstance(paths, str | Path) else paths
    files = list(dict.fromkeys(file for path in given for file in _files(Path(path).expanduser())))
    findings = [finding for file in files for finding in _findings(file)]
    return MigrationReport(files=[str(file) for file in files], findings=findings)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        for folder, below, names in os.walk(path):
            below[:] = sorted(name for name in below if name not in _SKIPPED and not name.startswith("."))
            yield from (Path(folder) / name for name in sorted(names) if name.endswith(_SUFFIXES))
    elif path.is_file() and path.suffix in _SUFFIXES:
        yield path
    else:
        raise InvalidPackageRequest(f"{str(path)!r} is neither a folder nor a .py or .ipynb file that is there.")


def _findings(file: Path) -> list[Finding]:
    found: list[Finding] = []
    try:
        cells = read_cells(file)
    except InvalidPackageRequest as error:
        return [Finding(file=str(file), line=1, name="file", verdict="not supported", note=str(error))]
    # Names live on from cell to cell; a file that a cell writes has its own.
    names: dict[str, str] = {}
    for cell in cells:
        scan = Scan(file=str(file), cell=cell.number, names=names if cell.file is None else {})
        found += _of_cell(scan, cell)
    return found


def _of_cell(scan: Scan, cell: Cell) -> list[Finding]:
    scan.read_magics(cell.magics)
    try:
        scan.read(cell.source)
    except SyntaxError as error:
        scan.add(error.lineno or 1, "file", "not supported", f"this is not Python 3: {error.msg}")
    return sorted(scan.findings, key=lambda finding: finding.line)
