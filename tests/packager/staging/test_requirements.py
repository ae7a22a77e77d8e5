import ast
from collections.abc import Iterable
from importlib.metadata import distribution, packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from packager import CondaDependencies, Environment, InvalidEnvironment
from packager.staging.requirements import (
    conda_only_packages,
    conda_translations,
    environment_requirements,
    render_requirements,
    runtime_requirements,
)
from triggers import adapters


def environment(*pip: str, conda: tuple[str, ...] = ()) -> Environment:
    made = Environment("e")
    made.python.conda_dependencies = CondaDependencies.create(conda_packages=conda, pip_packages=pip)
    return made


def names(triggers: list[str]) -> set[str]:
    return {requirement.name for requirement in runtime_requirements(triggers)}


def test_an_image_needs_no_command_line():
    assert {"azure-functions", "uvicorn"} <= names([])
    assert names([]) & {"typer", "pyyaml", "packaging"} == set()


def test_a_trigger_brings_its_extras():
    assert "azure-storage-blob" in names(["blob"])
    assert "azure-storage-blob" in names(["http"])
    assert "azure-storage-blob" not in names([])
    assert all(requirement.marker is None for requirement in runtime_requirements(["blob"]))


def test_lines_are_sorted_and_options_come_first():
    made = environment("Zope", "numpy", conda=("scipy=1.11",))
    made.pip_options = ["--extra-index-url https://example.com/simple"]

    lines = render_requirements(made, ["http"]).splitlines()

    assert lines[0] == "--extra-index-url https://example.com/simple"
    assert lines[1:] == sorted(lines[1:], key=str.lower)
    assert {"numpy", "scipy==1.11.*", "Zope"} <= set(lines)


def test_the_users_pins_win():
    lines = render_requirements(environment("Azure_Functions==1.23.0"), ["http"]).splitlines()

    assert [line for line in lines if "functions" in line.lower()] == ["Azure_Functions==1.23.0"]


def test_the_retired_sdk_is_left_out_with_a_note(caplog):
    lines = render_requirements(environment("azureml-defaults~=1.61", "numpy"), []).splitlines()

    assert "numpy" in lines
    assert not any("azureml" in line for line in lines)
    assert "azureml-defaults~=1.61 is left out" in caplog.text


def test_what_the_base_image_has_is_not_installed(caplog):
    made = environment("numpy==1.26.4")
    made.python.user_managed_dependencies = True

    lines = render_requirements(made, []).splitlines()

    assert not any(line.startswith("numpy") for line in lines)
    assert any(line.startswith("uvicorn") for line in lines)
    assert "the base image must have these: numpy==1.26.4" in caplog.text


def test_a_bad_requirement_is_named():
    with pytest.raises(InvalidEnvironment, match="'numpy 1' in environment 'e'"):
        render_requirements(environment("numpy 1"), [])


WITHOUT_THEM = {
    "watchdog": "only a local folder as the storage account is watched",
    "fastapi": "an app that uses its extension package brings it",
    "starlette": "an app that uses its extension package brings it",
}


def installed_with(names: Iterable[str]) -> set[str]:
    """The distributions that come with `names`, by what the installed ones require."""
    found: set[str] = set()
    waiting = [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            needs = [Requirement(text) for text in distribution(name).requires or []]
            waiting += [canonicalize_name(each.name) for each in needs if each.marker is None or each.marker.evaluate()]
    return found


def imported_distributions(package: str) -> set[str]:
    """Distributions that any module of `package` imports, at its top or later."""
    (folder,) = find_spec(package).submodule_search_locations
    modules = set()
    for file in Path(folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules.add(node.module.partition(".")[0])
    known = packages_distributions()
    return {canonicalize_name(known[name][0]) for name in modules if name in known} - {"functions-packager"}


@pytest.mark.parametrize("package", ["function_host", "triggers"])
def test_whatever_the_copied_code_imports_is_installed_in_the_image(package):
    needed = imported_distributions(package) - WITHOUT_THEM.keys()

    assert needed <= installed_with(requirement.name for requirement in runtime_requirements(adapters()))


def test_what_only_conda_has_is_left_to_the_environments_own_dockerfile():
    made = environment(conda=("numpy=1.26", "cudnn=8.9"))
    made.python.conda_dependencies.pip_packages = []
    with pytest.raises(InvalidEnvironment, match=r"'cudnn=8\.9' cannot be installed with pip.*base_dockerfile"):
        environment_requirements(made)

    made.docker.base_dockerfile = "FROM registry.example.com/cuda:12\n"

    assert [str(each) for each in environment_requirements(made)] == ["numpy==1.26.*"]
    assert conda_only_packages(made) == ["cudnn=8.9"]
    assert conda_translations(made) == ["Conda packages that pip installs: numpy=1.26 -> numpy==1.26.*"]


def test_without_conda_packages_there_is_nothing_to_say():
    assert conda_translations(environment("numpy")) == []
