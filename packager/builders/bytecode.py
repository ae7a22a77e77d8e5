"""Compile Python files for an image: the same bytes from the same interpreter, wherever and whenever it runs."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packager.errors import BuildFailed

# What one interpreter compiles depends on what it compiled before, so each of these pieces gets one of its own.
_PIECE = 100
_COMPILE = """
import json, py_compile, sys
unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
for source, shown in json.load(sys.stdin):
    try:
        py_compile.compile(source, dfile=shown, doraise=True, invalidation_mode=unchecked)
    except (py_compile.PyCompileError, ValueError, RecursionError):
        pass
"""
_ASK = "import json, sys; print(json.dumps(['%d.%d' % sys.version_info[:2], sys.implementation.name, sys.version]))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiler:
    """An interpreter whose bytecode the image's Python runs."""

    program: str
    name: str
    """For people, and for labels: `CPython 3.11.7`."""
    build: str
    """All that its bytecode may depend on, as a digest."""


@cache
def compiler_for(python_version: str) -> Compiler | None:
    """A CPython of that minor version on this machine, this one first; None when there is none.

    Without one an image has no bytecode and compiles at each start.
    """
    for program in (sys.executable, shutil.which(f"python{python_version}")):
        if program is not None:
            found = _asked(program)
            if found is not None and found[:2] == [python_version, "cpython"]:
                build = hashlib.sha256(f"{found[2]} {sys.platform}".encode()).hexdigest()[:16]
                return Compiler(program=program, name=f"CPython {found[2].split()[0]}", build=build)
    return None


def compile_files(files: Iterable[tuple[Path, str]], compiler: Compiler) -> None:
    """Write the bytecode of files beside them, as `__pycache__`; each comes with its path in the image.

    It holds no time and is never checked against its source, which nobody changes in an image. What cannot be
    compiled, as some packages bring on purpose, is left out.
    """
    ordered = sorted((os.fsencode(file).decode("utf-8", "replace"), str(file), shown) for file, shown in files)
    pieces = [ordered[start : start + _PIECE] for start in range(0, len(ordered), _PIECE)]
    with ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
        for done in pool.map(lambda piece: _compile([(file, shown) for _, file, shown in piece], compiler), pieces):
            if done.returncode != 0:
                tail = done.stderr[-2000:]
                raise BuildFailed(f"{tail}\n{compiler.program} could not compile the image's packages.", log=tail)


def _compile(files: Sequence[tuple[str, str]], compiler: Compiler) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [compiler.program, "-s", "-S", "-c", _COMPILE],
        input=json.dumps(files),
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        # Sets are written in the order of their hashes. Nothing else of this machine counts.
        env={"PYTHONHASHSEED": "0", "PATH": os.defpath, "PYTHONUTF8": "1"},
    )


def _asked(program: str) -> list[str] | None:
    if program == sys.executable:
        return [f"{sys.version_info.major}.{sys.version_info.minor}", sys.implementation.name, sys.version]
    done = subprocess.run([program, "-S", "-c", _ASK], capture_output=True, text=True, check=False)
    return list(json.loads(done.stdout)) if done.returncode == 0 else None
