"""The interpreter of a proof: this one if it has what the app asks for, else that of an environment made for it."""

import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from infra.config import cache_folder, environment
from infra.errors import ProofImpossible
from packager.errors import PackagerError
from packager.locking import LOCK, lock_requirements, locked_versions
from packager.locking_index import pip_settings, uv_index_options
from packager.locking_target import MACHINES, WheelTarget
from packager.staging.private_wheels import FOLDER as PRIVATE_WHEELS

_CONTRACT = "packager.json"
PACKAGES = ".python_packages/lib/site-packages"
_TARGET = re.compile(r"^# Python \S+ on linux/(\S+) with glibc", re.MULTILINE)
_HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
_TAIL_LINES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPython:
    """Who runs an app that is proved."""

    executable: Path
    brings_no_host: bool = False
    """Must PYTHONPATH tell it where the app's own host is?"""


def proof_python(app: Path, log: Callable[[str], None]) -> ProofPython:
    """The interpreter for the app; raises ProofImpossible when none can be had on this machine.

    Apps that were not packaged bring no host along, so this interpreter runs them.
    """
    if not (app / PACKAGES / "function_host").is_dir():
        return ProofPython(executable=Path(sys.executable))
    lock = app / LOCK
    wanted = _contract(app).get("pythonVersion", _HERE)
    if lock.is_file():
        _check_machine(lock)
    if wanted == _HERE and _has_all(app):
        return ProofPython(executable=Path(sys.executable))
    text = lock.read_text(encoding="utf-8") if lock.is_file() else _locked(app / "requirements.txt", wanted)
    folder = _environment(text, wanted, app, log)
    return ProofPython(executable=folder / "bin" / "python", brings_no_host=True)


def _contract(app: Path) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads((app / _CONTRACT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _check_machine(lock: Path) -> None:
    """A lock begins with a line for each platform that it is for."""
    machines = _TARGET.findall(lock.read_text(encoding="utf-8"))
    if machines and MACHINES.get(platform.machine(), platform.machine()) not in machines:
        raise ProofImpossible(
            f"The packages are locked for linux/{' and linux/'.join(machines)}, and this machine is "
            f"{platform.machine()}: prove the package on a machine of that kind."
        )


def _has_all(app: Path) -> bool:
    """Are the packages of the lock here in those versions, or of requirements.txt in any that will do?"""
    if (app / LOCK).is_file():
        wanted = locked_versions(app / LOCK)
        return all(_installed(name) == locked for name, locked in wanted.items())
    try:
        lines = (app / "requirements.txt").read_text(encoding="utf-8").splitlines()
    except OSError:
        return True
    return all(_satisfied(line) for line in lines if line.strip() and not line.startswith(("#", "-")))


def _satisfied(line: str) -> bool:
    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        return False
    if wanted.marker is not None and not wanted.marker.evaluate():
        return True
    found = _installed(wanted.name)
    return found is not None and wanted.url is None and wanted.specifier.contains(found, prereleases=True)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _locked(requirements: Path, python: str) -> str:
    libc, number = platform.libc_ver()
    if libc != "glibc" or platform.machine() not in MACHINES:
        raise ProofImpossible(f"The packages of {requirements} cannot be had for {platform.platform()}.")
    target = WheelTarget(
        python_version=python, machine=MACHINES[platform.machine()], glibc=int(number.partition(".")[2])
    )
    try:
        return lock_requirements(requirements, target)
    except PackagerError as error:
        raise ProofImpossible(f"The packages of the app cannot be had here: {_last(str(error))}") from error


def _environment(lock: str, python: str, app: Path, log: Callable[[str], None]) -> Path:
    """A virtual environment with what is in the lock, from the cache if it is there; whole or not at all."""
    name = hashlib.sha256(f"{python}\n{lock}".encode()).hexdigest()[:32]
    try:
        kept = cache_folder() / "environments"
        if (kept / name).is_dir():
            return kept / name
        log("Making an environment for the proof; the next one of this lock finds it there")
        kept.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".incoming-", dir=kept))
    except OSError as error:
        raise ProofImpossible(
            f"No environment can be made for the app: {error.filename} cannot be written ({error.strerror}). Let "
            "PACKAGER_CACHE name a folder that can."
        ) from error
    try:
        _fill(work, lock, python, app)
        work.rename(kept / name)
    except OSError:
        # Somebody else may have been quicker, with the same.
        if not (kept / name).is_dir():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return kept / name


def _fill(work: Path, lock: str, python: str, app: Path) -> None:
    from uv import find_uv_bin

    settings = pip_settings()
    given = [line for line in lock.splitlines() if line.startswith("-")]
    chosen = sys.executable if python == _HERE else python
    trusted = {"SSL_CERT_FILE": settings["cert"]} if "cert" in settings else {}
    variables = {**environment(), **trusted}
    file = work.with_name(f"{work.name}.txt")
    # Beside the environment, the app's own folder of wheels is somewhere else.
    file.write_text(lock.replace(f"--find-links {PRIVATE_WHEELS}", f"--find-links {app / PRIVATE_WHEELS}"), "utf-8")
    uv = find_uv_bin()
    install = [uv, "pip", "install", "--python", str(work / "bin" / "python"), "--no-config", "--no-deps", "--quiet"]
    # Of several indexes any may have what the hash asks for.
    install += [
        "--require-hashes",
        "--only-binary=:all:",
        "--index-strategy=unsafe-best-match",
        *uv_index_options(settings, given),
        "-r",
        str(file),
    ]
    try:
        _do(
            [uv, "venv", "--quiet", "--no-config", "--no-python-downloads", "--python", chosen, str(work)],
            variables,
            app,
        )
        _do(install, variables, app)
    finally:
        file.unlink()


def _do(command: list[str], variables: Mapping[str, str], folder: Path) -> None:
    done = subprocess.run(command, env=dict(variables), cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProofImpossible(f"No environment can be made for the app here: {_last(done.stderr)}")


def _last(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_TAIL_LINES:])
