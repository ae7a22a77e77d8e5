"""The tree drawn in each errors.py is the tree of classes in it."""

import importlib
import inspect

import pytest

from tests.architecture.sources import PACKAGES, ROOT

DRAWN = [name for name in PACKAGES if (ROOT / name / "errors.py").exists()]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_has_errors(package) -> None:
    assert package in DRAWN


@pytest.mark.parametrize("package", DRAWN)
def test_drawing_matches_classes(package) -> None:
    module = importlib.import_module(f"{package}.errors")

    assert _drawn(inspect.getdoc(module) or "") == _defined(module)


@pytest.mark.parametrize("package", DRAWN)
def test_every_error_says_when_it_is_raised(package) -> None:
    module = importlib.import_module(f"{package}.errors")
    classes = [cls for cls in vars(module).values() if inspect.isclass(cls) and cls.__module__ == module.__name__]

    assert [cls.__name__ for cls in classes if not cls.__doc__] == []


def _drawn(docstring: str) -> list[tuple[str, int]]:
    """Each name with its depth, in the order drawn."""
    lines = docstring.splitlines()[1:]
    drawn = []
    for line in lines:
        name = line.lstrip("│├└─ ").split(" ")[0]
        if name and line.strip() and name[0].isupper() and name.isidentifier():
            drawn.append((name, (len(line) - len(line.lstrip("│├└─ "))) // 4))
    return drawn


def _defined(module) -> list[tuple[str, int]]:
    own = [cls for cls in vars(module).values() if inspect.isclass(cls) and cls.__module__ == module.__name__]
    roots = [cls for cls in own if not any(base in own for base in cls.__bases__)]
    ordered: list[tuple[str, int]] = []

    def visit(cls: type, depth: int) -> None:
        ordered.append((cls.__name__, depth))
        for child in (other for other in own if cls in other.__bases__):
            visit(child, depth + 1)

    for root in roots:
        visit(root, 0)
    return ordered
