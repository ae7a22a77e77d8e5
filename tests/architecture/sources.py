"""The files and syntax trees that the architecture tests look at."""

import ast
import subprocess
from collections.abc import Iterator
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
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


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
