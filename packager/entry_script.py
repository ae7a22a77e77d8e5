"""Read an entry script without running it: does it parse, and does it define init() and run()?"""

import ast
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from packager.errors import InvalidEntryScript

REQUIRED_FUNCTIONS = ("init", "run")


def check_entry_script(script: Path) -> None:
    """Raises InvalidEntryScript when `script` does not parse or binds no module-level `init` or `run`."""
    tree = _parse(script)
    _check_run_takes_data(script, tree)
    names = set(_bound_names(tree.body))
    missing = [name for name in REQUIRED_FUNCTIONS if name not in names]
    if missing and "*" not in names:
        listed = " and ".join(f"{name}()" for name in missing)
        raise InvalidEntryScript(
            f"The entry script {script} does not define {listed}; it needs init(), which is called once, and "
            "run(data), which is called for every event, at the top level of the file."
        )


def _check_run_takes_data(script: Path, tree: ast.Module) -> None:
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "run":
            arguments = statement.args
            if not (arguments.posonlyargs or arguments.args or arguments.kwonlyargs or arguments.vararg):
                raise InvalidEntryScript(
                    f"run() in the entry script {script}, line {statement.lineno}, takes no argument; "
                    "it needs one for the data."
                )


def _parse(script: Path) -> ast.Module:
    try:
        return ast.parse(script.read_bytes(), filename=str(script))
    except (SyntaxError, ValueError) as error:
        shown = "".join(traceback.format_exception_only(error)).rstrip()
        where = f"line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else "the file"
        raise InvalidEntryScript(
            f"{shown}\nThe entry script {script} is not valid Python; correct {where} and package again."
        ) from error


def _bound_names(statements: Sequence[ast.stmt]) -> Iterator[str]:
    """Names bound at module level, also below if, try, with, for and while; '*' for a star import."""
    for statement in statements:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (alias.asname or alias.name.split(".")[0] for alias in aliases)
            case _:
                yield from _names_inside(statement)


def _names_inside(statement: ast.stmt) -> Iterator[str]:
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt):
            yield from _bound_names([child])
        elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
            yield from _bound_names(child.body)
        else:
            yield from _assigned(child)


def _assigned(expression: ast.AST) -> Iterator[str]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
