"""What `--unit` leaves out and forbids, so that `make check` answers within a minute."""

import os
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

# Each takes from a third of a second of a processor to several.
_SLOW_TO_START = ("python", "uv")
_STARTS = {"subprocess.Popen", "os.posix_spawn", "os.exec", "os.fork"}


def left_out(items: Iterable[pytest.Item], pyproject: Path) -> list[pytest.Item]:
    """Those with a marker that `pyproject` declares: each names a real part that the test needs."""
    declared = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]["markers"]
    names = [text.partition(":")[0] for text in declared]
    return [item for item in items if any(item.get_closest_marker(name) for name in names)]


class ProcessGuard:
    """Fails the test that starts an interpreter or uv; `.test` is the one that is watched at the moment."""

    def __init__(self) -> None:
        self.test = ""

    def watch(self) -> None:
        """Begin to listen, for as long as this process lives: Python takes no audit hook away again."""
        sys.addaudithook(self.see)

    def see(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.test and event in _STARTS and _is_slow(arguments):
            pytest.fail(
                f"{self.test} starts {arguments[0] if arguments else 'a copy of this process'}, which is no matter "
                "of a unit test. Mark it with @pytest.mark.process, so that only `make test` runs it.",
                pytrace=False,
            )


def _is_slow(arguments: tuple[object, ...]) -> bool:
    program = arguments[0] if arguments else sys.executable
    return Path(os.fsdecode(program)).name.startswith(_SLOW_TO_START)  # type: ignore[arg-type]
