"""`make check` stays quick by itself: what needs a real part is left out, and an unmarked start of a process fails."""

import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.support.unit_only import ProcessGuard, left_out

SLOW = ["/usr/bin/python3.12", b"/opt/venv/bin/python", Path("uv"), sys.executable]


@pytest.mark.parametrize("program", SLOW, ids=str)
def test_a_test_that_starts_an_interpreter_fails_with_its_name_and_the_way_out(program):
    guard = ProcessGuard()
    guard.test = "tests/test_a.py::test_b"

    with pytest.raises(pytest.fail.Exception, match=r"test_a\.py::test_b starts .*@pytest\.mark\.process"):
        guard.see("subprocess.Popen", (program, ["-c", "pass"], None, None))


def test_so_does_a_copy_of_the_test_itself():
    guard = ProcessGuard()
    guard.test = "tests/test_a.py::test_b"

    with pytest.raises(pytest.fail.Exception, match="a copy of this process"):
        guard.see("os.fork", ())


def test_small_programs_and_what_is_no_test_may_start():
    guard = ProcessGuard()
    guard.see("subprocess.Popen", (sys.executable, [], None, None))
    guard.test = "tests/test_a.py::test_b"

    guard.see("subprocess.Popen", ("/bin/sh", ["-c", "true"], None, None))
    guard.see("open", ("python", "r", 0))


@pytest.mark.azurite
@pytest.mark.process
def test_what_has_a_marker_of_ours_is_left_out(request):
    assert left_out([request.node], ROOT / "pyproject.toml") == [request.node]


@pytest.mark.parametrize("number", [1])
async def test_markers_of_plugins_do_not_count(request, number):
    assert left_out([request.node], ROOT / "pyproject.toml") == []


def test_make_check_asks_for_unit_tests():
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    gate = lines[lines.index("check: $(VENV)/.installed-dev") :][:3]

    assert "--unit" in gate[2]
    assert "--unit" not in "".join(lines[lines.index("test: $(VENV)/.installed-dev") :][:3])
