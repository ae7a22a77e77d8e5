"""Files and functions stay small, and every module says what it is."""

import ast
import re

import pytest

from tests.architecture.sources import PACKAGES, ROOT, functions, modules, relative, tree

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 50
CODE = [*modules(), *modules("tests"), *modules("examples")]


@pytest.mark.parametrize("path", CODE, ids=relative)
def test_file_is_small(path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES_OF_A_FILE


@pytest.mark.parametrize("path", CODE, ids=relative)
def test_functions_are_small(path) -> None:
    sizes = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions(path)}

    assert {name: size for name, size in sizes.items() if size > MOST_LINES_OF_A_FUNCTION} == {}


@pytest.mark.parametrize("path", modules(), ids=relative)
def test_module_opens_with_one_sentence(path) -> None:
    docstring = ast.get_docstring(tree(path)) or ""
    first = docstring.splitlines()[0] if docstring else ""

    assert re.fullmatch(r"[A-Z\"'`{<_a-z].*[.:?]", first), f"{relative(path)} opens with {first!r}"


@pytest.mark.parametrize("path", modules(), ids=relative)
def test_dunder_all_is_complete(path) -> None:
    """`__all__` names what a package defines, and all it imports when it only re-exports; ruff keeps it sorted."""
    named = _dunder_all(tree(path))
    if path.name == "__init__.py" and named is not None:
        assert (_defined_names(tree(path)) or _imported_names(tree(path))) <= set(named)


def test_there_is_no_placeholder() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX)\b")
    found = [relative(path) for path in modules() if words.search(path.read_text())]

    assert found == []


def test_every_test_folder_is_a_package() -> None:
    """Otherwise two test files of one name clash, and `tests/triggers` could hide `triggers`."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py") if "apps" not in path.parts}

    assert [relative(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def _dunder_all(module: ast.Module) -> list[str] | None:
    for node in module.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def _defined_names(module: ast.Module) -> set[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in module.body if isinstance(node, kinds) and not node.name.startswith("_")}


def _imported_names(module: ast.Module) -> set[str]:
    ours = [node for node in module.body if isinstance(node, ast.ImportFrom) and _package(node) in PACKAGES]
    return {alias.asname or alias.name for node in ours for alias in node.names}


def _package(node: ast.ImportFrom) -> str:
    return (node.module or "").partition(".")[0]
