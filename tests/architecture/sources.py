"""The files and syntax trees that the architecture tests look at."""

import ast
import gc
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("infra", "packager", "function_host", "triggers")


def modules(*packages: str) -> list[Path]:
    """Every Python file below the packages (all four by default)."""
    return sorted(path for name in packages or PACKAGES for path in (ROOT / name).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def trees() -> dict[Path, ast.Module]:
    """The syntax tree of every module of the four packages, parsed once for all rules of one test file."""
    return {path: parse(path) for path in modules()}


def parse(path: Path) -> ast.Module:
    # Nothing in a tree is garbage, and looking for some takes three times as long as parsing.
    gc.disable()
    try:
        return ast.parse(path.read_text(), filename=str(path))
    finally:
        gc.enable()


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def assert_none(breaches: Iterable[str]) -> None:
    """Fails with a line for each breach, all of them: pytest would cut a long list."""
    found = list(breaches)
    assert not found, "\n" + "\n".join(found)


def files_of_the_project() -> list[Path]:
    """What git tracks or would track; every file that is not hidden where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [ROOT / line for line in listed.stdout.splitlines()]
    else:
        paths = [path for path in ROOT.rglob("*") if not {".venv", "__pycache__"} & set(path.parts)]
    return sorted(path for path in paths if path.is_file())
