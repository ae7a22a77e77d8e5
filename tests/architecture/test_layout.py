"""Every file has its place, its test, and nothing that holds on one machine only."""

import ast
import re

import pytest

from tests.architecture.sources import ROOT, files_of_the_project, modules, relative, tree

TOP_LEVEL = {
    ".ci", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "docs", "examples",
    "function_host", "infra", "packager", "pyproject.toml", "tests", "triggers",
}  # fmt: skip

READS_THE_ENVIRONMENT = {
    "function_host/settings.py": "app settings are environment variables",
    "function_host/scoring/": "Azure ML hands AZUREML_MODEL_DIR to score.py through the environment",
    "infra/config.py": "cache folder, and the environment that children inherit",
    "infra/tether.py": "asks for its parent's process id",
    "infra/child.py": "hands its own process id on",
    "packager/config.py": "where models are kept",
}

WITHOUT_OWN_TEST = {
    "triggers/asgi.py": "three type aliases",
    "triggers/table_store.py": "a protocol; tests/triggers/test_azure_tables.py tests what keeps it",
    "triggers/queue_store.py": "a record and a protocol; tests/contract/queue_accounts.py runs every implementation",
    "function_host/invocation.py": "frozen records; tests/function_host/test_dispatcher.py fills them",
    "function_host/telemetry/context.py": "one context variable; tests/function_host/telemetry/test_logs.py reads it",
    "function_host/keys/memory.py": "tests/contract/test_key_store.py runs it",
}
WITHOUT_OWN_TEST_ANYWHERE = {
    "__init__.py": "re-exports",
    "__main__.py": "calls main()",
    "errors.py": "tests/architecture/test_errors.py judges them",
    "contract.py": "records and protocols; tests/contract runs every implementation",
}

THIS_FILE = "tests/architecture/test_layout.py"
REGISTRY_HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org|registry-1\.docker\.io|anaconda\.org"
)
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root)/|/home/(?!site\b)\w+|/tmp/w/|/opt/(?:pypi|wheels)")


def test_top_level_names_are_the_agreed_ones() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in files_of_the_project()}

    assert names <= TOP_LEVEL


def _needs_a_test() -> list[str]:
    names = [relative(path) for path in modules() if path.name not in WITHOUT_OWN_TEST_ANYWHERE]
    return [name for name in names if name not in WITHOUT_OWN_TEST]


@pytest.mark.parametrize("name", _needs_a_test())
def test_module_has_its_mirror_test(name) -> None:
    folder, _, file = name.rpartition("/")

    assert (ROOT / "tests" / folder / f"test_{file}").exists(), f"tests/{folder}/test_{file} is missing"


def test_exceptions_still_exist() -> None:
    gone = [name for name in [*READS_THE_ENVIRONMENT, *WITHOUT_OWN_TEST] if not (ROOT / name).exists()]

    assert gone == []


@pytest.mark.parametrize("path", modules(), ids=relative)
def test_environment_is_read_in_few_places(path) -> None:
    if relative(path).startswith(tuple(READS_THE_ENVIRONMENT)):
        return
    attributes = {
        node.attr
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    }

    assert attributes & {"environ", "environb", "getenv", "putenv"} == set()


def test_no_machine_and_no_package_host_is_written_down() -> None:
    found = []
    for path in files_of_the_project():
        if relative(path) == THIS_FILE:
            continue
        text = path.read_text(errors="replace")
        found += [
            f"{relative(path)}: {match[0]}" for match in (*REGISTRY_HOSTS.finditer(text), *MACHINE_PATHS.finditer(text))
        ]

    assert found == []
