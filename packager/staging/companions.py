"""Packages that used to come along with the retired SDK, for scripts that import them without naming them."""

import ast
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

_FLASK = "flask>=3"
_SCHEMA = "inference-schema>=1.8"
_EXTRAS = (("numpy_parameter_type", "numpy-support"), ("pandas_parameter_type", "pandas-support"))
_EXTRAS_OF_SPARK = (("spark_parameter_type", "pyspark-support"),)


def companions(source: Path) -> list[Requirement]:
    """Requirements for those that Python files below `source` import, sorted by name.

    A file that is no Python is passed over: only the entry script has to parse.
    """
    modules = {module for file in sorted(source.rglob("*.py")) for module in _imported(file)}
    found = []
    if any(_is_in(module, "flask") for module in modules):
        found.append(Requirement(_FLASK))
    schema = [module for module in modules if _is_in(module, "inference_schema")]
    if schema:
        requirement = Requirement(_SCHEMA)
        extras = (*_EXTRAS, *_EXTRAS_OF_SPARK)
        requirement.extras |= {extra for name, extra in extras if any(name in module for module in schema)}
        found.append(requirement)
    return found


def imports_schemas(script: Path) -> bool:
    """Does the file import the decorators that say what run() takes?"""
    return any(_is_in(module, "inference_schema") for module in _imported(script))


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _imported(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
