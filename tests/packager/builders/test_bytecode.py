import importlib.util
import subprocess
import sys

import pytest

from packager.builders.bytecode import Compiler, compile_files, compiler_for
from packager.errors import BuildFailed

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
SOURCE = "names = {'a', 'b', 'c', 'd'}\n\n\ndef f(x):\n    return x in {'one', 'two', 'three', 'four'}\n"


@pytest.fixture
def compiler() -> Compiler:
    found = compiler_for(HERE)
    assert found is not None
    return found


def compiled(folder, compiler, files):
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    compile_files([(folder / name, f"/opt/{name}") for name in files], compiler)
    return {path.name: path.read_bytes() for path in (folder / "__pycache__").glob("*.pyc")}


@pytest.mark.process
def test_bytecode_does_not_depend_on_the_folder_or_the_time(tmp_path, compiler):
    files = {"a.py": SOURCE, "b.py": SOURCE + "x = 1\n"}

    first = compiled(tmp_path / "1", compiler, files)
    second = compiled(tmp_path / "2", compiler, dict(reversed(files.items())))

    assert first == second
    assert len(first) == 2


@pytest.mark.process
def test_bytecode_is_never_checked_and_names_the_path_in_the_image(tmp_path, compiler):
    (data,) = compiled(tmp_path / "1", compiler, {"a.py": SOURCE}).values()

    assert data[:4] == importlib.util.MAGIC_NUMBER
    assert data[4:8] == (1).to_bytes(4, "little")
    assert b"/opt/a.py" in data


@pytest.mark.process
def test_what_cannot_be_compiled_is_left_out(tmp_path, compiler):
    found = compiled(tmp_path / "1", compiler, {"a.py": SOURCE, "broken.py": "def\n", "odd.py": "a\0b"})

    assert [name.partition(".")[0] for name in found] == ["a"]


@pytest.mark.process
def test_many_files_are_compiled_too(tmp_path, compiler):
    assert len(compiled(tmp_path / "1", compiler, {f"m{number}.py": SOURCE for number in range(150)})) == 150


@pytest.mark.process
def test_an_interpreter_of_another_minor_is_asked_what_it_is(tmp_path, monkeypatch):
    compiler_for.cache_clear()
    other = tmp_path / "python3.99"
    other.write_text('#!/bin/sh\necho \'["3.99", "cpython", "3.99.1 (main)"]\'\n')
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    found = compiler_for("3.99")

    assert found is not None
    assert found.name == "CPython 3.99.1"
    assert compiler_for("3.98") is None
    compiler_for.cache_clear()


def test_two_patch_releases_are_two_builds(compiler):
    assert compiler.name == f"CPython {sys.version.split()[0]}"
    assert len(compiler.build) == 16


def test_an_interpreter_that_fails_is_told(tmp_path):
    (tmp_path / "a.py").write_text(SOURCE)

    with pytest.raises(BuildFailed, match="could not compile"):
        compile_files([(tmp_path / "a.py", "/a.py")], Compiler(program="false", name="x", build="x"))


@pytest.mark.process
def test_the_compiled_file_runs(tmp_path, compiler):
    compiled(tmp_path / "1", compiler, {"a.py": "print('ran')\n"})
    (tmp_path / "1" / "a.py").write_text("print('changed')\n")

    done = subprocess.run(
        [sys.executable, "-c", "import a"], cwd=tmp_path / "1", capture_output=True, text=True, check=True
    )

    assert done.stdout == "ran\n"
