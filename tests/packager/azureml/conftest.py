"""Old code runs in a process of its own, as stand-ins are there for all of a process."""

import os
import subprocess
import sys
import textwrap

import pytest

from packager.azureml.finder import StandInFinder


@pytest.fixture
def run_old(tmp_path, source, model_file, packager_home):
    """Run code with the stand-ins in place; packages written below `installed` are there for it."""
    installed = tmp_path / "installed"
    installed.mkdir()

    def run_old(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", "import packager.azureml\n" + textwrap.dedent(code)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(installed), "PACKAGER_HOME": str(packager_home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_old


def _stand_in_for_nobody_else() -> None:
    """Other tests of this process look whether azureml is installed, and it is not."""
    sys.meta_path.remove(StandInFinder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "azureml"]:
        del sys.modules[name]


_stand_in_for_nobody_else()
