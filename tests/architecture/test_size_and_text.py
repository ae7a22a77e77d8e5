"""Files and functions stay small, every module says what it is, and reads and imports what it may."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import PACKAGES, ROOT, assert_none, functions, modules, parse, relative, trees

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 50

READS_THE_ENVIRONMENT = {
    "function_host/settings.py": "app settings are environment variables",
    "function_host/scoring/": "Azure ML hands AZUREML_MODEL_DIR to score.py through the environment",
    "infra/config.py": "cache folder, and the environment that children inherit",
    "infra/tether.py": "asks for its parent's process id",
    "infra/child.py": "hands its own process id on",
    "packager/config.py": "where models are kept",
}


def test_files_are_small() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in (*modules(), *_other_code())}

    assert_none(f"{relative(path)} has {size} lines" for path, size in sizes.items() if size > MOST_LINES_OF_A_FILE)


def test_functions_are_small() -> None:
    ours = (breach for path, module in trees().items() for breach in _long_functions(relative(path), module))
    others = (breach for path in _other_code() for breach in _long_functions(relative(path), parse(path)))

    assert_none([*ours, *others])


def test_modules_open_with_one_sentence() -> None:
    first = {path: (ast.get_docstring(module) or "").partition("\n")[0] for path, module in trees().items()}

    assert_none(
        f"{relative(path)} opens with {line!r}"
        for path, line in first.items()
        if not re.fullmatch(r"[A-Z\"'`{<_a-z].*[.:?]", line)
    )


def test_dunder_all_is_complete() -> None:
    """`__all__` names what a package defines, and all it imports when it only re-exports; ruff keeps it sorted."""
    packages = {path: module for path, module in trees().items() if path.name == "__init__.py"}
    named = {path: _dunder_all(module) for path, module in packages.items()}
    missing = {
        path: (_defined_names(packages[path]) or _imported_names(packages[path])) - set(names)
        for path, names in named.items()
        if names is not None
    }

    assert_none(f"{relative(path)} lacks {sorted(names)}" for path, names in missing.items() if names)


def test_environment_is_read_in_few_places() -> None:
    assert_none(
        f"{relative(path)}:{node.lineno} reads os.{node.attr}"
        for path, module in trees().items()
        if not relative(path).startswith(tuple(READS_THE_ENVIRONMENT))
        for node in ast.walk(module)
        if _is_the_environment(node)
    )


def test_places_that_read_it_still_exist() -> None:
    assert_none(f"{name} is gone" for name in READS_THE_ENVIRONMENT if not (ROOT / name).exists())


def test_nothing_is_imported_for_type_checkers_only() -> None:
    """Hints are importable at run time."""
    assert_none(
        f"{relative(path)}:{node.lineno} asks for TYPE_CHECKING"
        for path, module in trees().items()
        for node in ast.walk(module)
        if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING"
    )


def test_there_is_no_placeholder() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX)\b")

    assert_none(f"{relative(path)} has one" for path in modules() if words.search(path.read_text()))


def test_every_test_folder_is_a_package() -> None:
    """Otherwise two test files of one name clash, and `tests/triggers` could hide `triggers`."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py") if "apps" not in path.parts}

    assert_none(f"{relative(folder)} has no __init__.py" for folder in folders if not (folder / "__init__.py").exists())


def _other_code() -> list[Path]:
    return [*modules("tests"), *modules("examples")]


def _long_functions(name: str, module: ast.Module) -> Iterator[str]:
    for node in functions(module):
        size = (node.end_lineno or node.lineno) - node.lineno + 1
        if size > MOST_LINES_OF_A_FUNCTION:
            yield f"{name}:{node.lineno} {node.name} has {size} lines"


def _is_the_environment(node: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name) or node.value.id != "os":
        return False
    return node.attr in {"environ", "environb", "getenv", "putenv"}


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
