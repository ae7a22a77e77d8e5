import csv
import zipfile

import pytest

from packager.builders.layers import Entry
from packager.builders.venv import azure_packages, install_wheels, is_test, skeleton, virtual_environment
from packager.errors import BuildFailed

SITE = "opt/venv/lib/python3.11/site-packages"


def add_wheel(folder, name, files, entry_points=""):
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": entry_points,
    }
    files[f"{info}/RECORD"] = "".join(f"{each},,\n" for each in files)
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def paths(tree):
    return {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}


def test_wheels_are_laid_down_as_pip_would(tmp_path):
    wheel = add_wheel(
        tmp_path,
        "tool",
        {"tool/__init__.py": "x = 1\n", "tool-1.0.data/scripts/old": "#!python\n", "tool-1.0.data/data/etc/t": "x"},
        "[console_scripts]\ntool = tool:main\n",
    )
    tree = tmp_path / "tree"

    (installed,) = install_wheels([wheel], virtual_environment("3.11"), tree)

    assert installed.name == "tool"
    assert installed.size > 0
    assert {f"{SITE}/tool/__init__.py", "opt/venv/bin/tool", "opt/venv/bin/old", "opt/venv/etc/t"} <= paths(tree)
    assert (tree / "opt/venv/bin/tool").read_text().startswith("#!/opt/venv/bin/python\n")
    assert (tree / "opt/venv/bin/old").read_text().startswith("#!/opt/venv/bin/python\n")
    assert (tree / SITE / "tool-1.0.dist-info/INSTALLER").read_text() == "packager\n"


def test_tests_stay_behind_when_asked_and_are_not_recorded(tmp_path):
    files = {"a/__init__.py": "", "a/tests/test_a.py": "", "a/b/test/c.py": "", "tests/own.py": ""}
    wheel = add_wheel(tmp_path, "a", files)

    install_wheels([wheel], virtual_environment("3.11"), tmp_path / "all")
    install_wheels([wheel], virtual_environment("3.11"), tmp_path / "few", exclude_tests=True)

    gone = {f"{SITE}/a/tests/test_a.py", f"{SITE}/a/b/test/c.py"}
    assert paths(tmp_path / "all") - paths(tmp_path / "few") == gone
    record = (tmp_path / "few" / SITE / "a-1.0.dist-info" / "RECORD").read_text()
    assert {row[0] for row in csv.reader(record.splitlines())} == {
        path.removeprefix(f"{SITE}/") for path in paths(tmp_path / "few")
    }


@pytest.mark.parametrize(
    ("path", "known"), [("a/tests/x.py", True), ("a/testing/x.py", False), ("test/x.py", False), ("a/test.py", False)]
)
def test_what_is_a_test(path, known):
    assert is_test(path) is known


def test_the_heaviest_comes_first_and_a_shared_file_is_no_trouble(tmp_path):
    wheels = [add_wheel(tmp_path, name, {"shared/x.py": name, name: "x" * size}) for name, size in (("a", 1), ("b", 9))]

    assert [each.name for each in install_wheels(wheels, virtual_environment("3.11"), tmp_path / "tree")] == ["b", "a"]
    assert (tmp_path / "tree" / SITE / "shared/x.py").read_text() == "b"


def test_what_is_no_wheel_is_named(tmp_path):
    wheel = tmp_path / "a-1.0-py3-none-any.whl"
    wheel.write_bytes(b"nothing")

    with pytest.raises(BuildFailed, match=r"a-1\.0-py3-none-any\.whl cannot be installed"):
        install_wheels([wheel], virtual_environment("3.11"), tmp_path / "tree")


def test_a_wheel_that_would_write_elsewhere_is_refused(tmp_path):
    with pytest.raises(BuildFailed, match="outside of the target directory"):
        install_wheels([add_wheel(tmp_path, "a", {"../../x": ""})], virtual_environment("3.11"), tmp_path / "tree")


def test_the_skeleton_leads_to_the_bases_python():
    found = {entry.path: entry for entry in skeleton("/usr/bin/python3", "3.11", system_packages=False)}

    assert found["opt/venv/bin/python"] == Entry(path="opt/venv/bin/python", link="/usr/bin/python3")
    assert b"home = /usr/bin\ninclude-system-site-packages = false\n" in (found["opt/venv/pyvenv.cfg"].data or b"")


def test_microsofts_host_finds_packages_beside_the_app():
    assert azure_packages().site_packages == "home/site/wwwroot/.python_packages/lib/site-packages"
