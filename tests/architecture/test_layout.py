"""Every file has its place, its test, and nothing that holds on one machine only."""

import re

from tests.architecture.sources import ROOT, assert_none, files_of_the_project, modules, relative

TOP_LEVEL = {
    ".ci", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "docs", "examples",
    "function_host", "infra", "packager", "pyproject.toml", "tests", "triggers",
}  # fmt: skip

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


def test_every_module_has_its_mirror_test() -> None:
    mirrors = [f"tests/{name.rpartition('/')[0]}/test_{name.rpartition('/')[2]}" for name in _needs_a_test()]

    assert_none(f"{mirror} is missing" for mirror in mirrors if not (ROOT / mirror).exists())


def test_exceptions_still_exist() -> None:
    assert_none(f"{name} is gone" for name in WITHOUT_OWN_TEST if not (ROOT / name).exists())


def test_no_machine_and_no_package_host_is_written_down() -> None:
    found = []
    for path in files_of_the_project():
        if relative(path) == THIS_FILE:
            continue
        text = path.read_text(errors="replace")
        found += [
            f"{relative(path)}: {match[0]}" for match in (*REGISTRY_HOSTS.finditer(text), *MACHINE_PATHS.finditer(text))
        ]

    assert_none(found)
