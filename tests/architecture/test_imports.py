"""Arrows only point down, lookups stay cheap, and adapters are found by their names."""

import ast
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from tests.architecture.sources import ROOT, modules, parse, relative

SDKS = ("azure.storage", "azure.servicebus", "aiohttp", "watchdog", "docker", "grpc", "uvicorn")


def test_import_contracts_are_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_looking_up_adapters_imports_no_sdk() -> None:
    script = f"import sys, triggers; triggers.adapters(); print([m for m in {SDKS!r} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_importing_the_packager_is_light() -> None:
    """It is plain Python until it is called: no trigger, no SDK and no command line."""
    heavy = (*SDKS, "azure", "triggers", "typer", "werkzeug", "yaml")
    script = f"import sys, packager; print([m for m in {heavy!r} if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("entry", entry_points(group="triggers.adapters"), ids=lambda entry: entry.name)
def test_entry_point_is_named_like_its_adapter(entry) -> None:
    adapter = entry.load()

    assert adapter.name == entry.name
    assert entry.value.startswith(f"triggers.{adapter.name}:")


def test_every_trigger_has_an_entry_point() -> None:
    defining = {relative(path) for path in modules("triggers") if _defines(parse(path), "adapter")}
    registered = {f"triggers/{entry.name}.py" for entry in entry_points(group="triggers.adapters")}

    assert defining == {name for name in registered if (ROOT / name).exists()}


def _defines(module: ast.Module, name: str) -> bool:
    targets = [target for node in module.body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in module.body if isinstance(node, ast.AnnAssign)]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)
