import subprocess
import sys
from configparser import ConfigParser

import pytest

from packager.staging.runtime import copy_runtime


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runtime") / "site-packages"
    copy_runtime(folder)
    return folder


def test_both_packages_are_there_without_caches(site_packages):
    names = sorted(path.relative_to(site_packages).as_posix() for path in site_packages.rglob("*") if path.is_file())

    assert {"function_host/__main__.py", "triggers/http.py", "triggers/py.typed"} <= set(names)
    assert not any("__pycache__" in name or name.startswith(("packager/", "infra/")) for name in names)


def test_metadata_names_only_what_is_there(site_packages):
    (folder,) = site_packages.glob("functions_packager-*.dist-info")
    parser = ConfigParser()
    parser.read(folder / "entry_points.txt")

    assert parser.sections() == ["triggers.adapters", "triggers.bindings"]
    assert parser["triggers.adapters"]["http"] == "triggers.http:adapter"
    assert (folder / "METADATA").read_text().startswith("Metadata-Version:")
    assert "MIT" in (folder / "LICENSE").read_text()


@pytest.mark.process
def test_adapters_are_found_in_the_copy_alone(site_packages):
    code = "import triggers, json; print(triggers.__file__); print(sorted(triggers.adapters()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(site_packages)},
        cwd=site_packages,
        capture_output=True,
        text=True,
        check=True,
    )

    where, known = done.stdout.splitlines()
    assert where.startswith(str(site_packages))
    assert "'blob'" in known
    assert "'http'" in known


@pytest.mark.process
def test_the_packager_never_imports_the_host(tmp_path):
    code = f"""
import pathlib, sys
from packager.staging.runtime import copy_runtime
copy_runtime(pathlib.Path({str(tmp_path / "site")!r}))
assert not any(name.split(".")[0] == "function_host" for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
