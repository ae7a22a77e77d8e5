"""Lock an environment: every package with its version and hashes, for one Python, architecture and glibc."""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from packager import config
from packager.errors import BuildFailed, UnresolvedRequirement
from packager.locking_index import pip_settings, uv_index_options
from packager.locking_target import WheelTarget
from packager.url_credentials import without_credentials

LOCK = "requirements.lock"
_UNSOLVED = "No solution found when resolving"
_MISSING = re.compile(r"(?:Because|because|and) (?P<name>[\w.-]+)(?:\{[^}]*\})? was not found")
_NO_WHEEL = re.compile(r"(?P<name>[\w.-]+)(?:\{[^}]*\})?(?:[=<>!~][^\s]*)? ha(?:s|ve) no (?:usable )?wheels")
_WAY_OUT = (
    "Choose a version that has one, put the package's own code into the source directory, or take the Dockerfile "
    "(generate_dockerfile=True) and install it there."
)


def lock_requirements(requirements: Path, target: WheelTarget) -> str:
    """The text of requirements.lock for a requirements.txt: its options, then `name==version` with hashes, sorted.

    Its URLs have no users and passwords.

    Only wheels that fit `target` count. Raises UnresolvedRequirement naming what cannot be had and who wants it,
    and BuildFailed when the package index cannot be asked.
    """
    given = [line for line in requirements.read_text(encoding="utf-8").splitlines() if line.startswith("-")]
    settings = pip_settings()
    done = subprocess.run(
        _command(requirements, target, uv_index_options(settings, given)),
        cwd=requirements.parent,
        env=_variables(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise _failure(done.stderr, target)
    made = "".join(f"{line}\n" for line in (f"# {target}", *given, *done.stdout.splitlines()))
    return without_credentials(made)


def locked_versions(lock: Path) -> Mapping[str, str]:
    """Name -> version of everything in a requirements.lock."""
    return versions_in(lock.read_text(encoding="utf-8"))


def versions_in(lock: str) -> Mapping[str, str]:
    """Name -> version of everything in the text of a requirements.lock."""
    return dict(re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==(\S+)", lock, flags=re.MULTILINE))


def _command(requirements: Path, target: WheelTarget, index_options: Sequence[str]) -> list[str]:
    from uv import find_uv_bin

    command = [find_uv_bin(), "pip", "compile", requirements.name, *target.uv_options(), *index_options]
    command += ["--generate-hashes", "--only-binary=:all:", "--no-header", "--no-config", "--quiet", "--color=never"]
    # As pip does: with several indexes the best version of them all is taken.
    command += ["--index-strategy=unsafe-best-match", f"--python={sys.executable}", "--no-python-downloads"]
    return command


def _variables(settings: Mapping[str, str]) -> dict[str, str]:
    """The certificates that pip is told to trust are those of uv too."""
    trusted = {"SSL_CERT_FILE": settings["cert"]} if "cert" in settings else {}
    return {**config.settings(), **trusted}


def _failure(stderr: str, target: WheelTarget) -> Exception:
    said = stderr.strip()
    if _UNSOLVED not in said:
        return BuildFailed(
            f"{said}\nThe packages of requirements.txt could not be looked up; the lines above say why. Is the package "
            "index reachable, and is pip set to it ('pip config list')?",
            log=said,
        )
    missing, wheelless = _MISSING.search(said), _NO_WHEEL.search(said)
    if wheelless is not None:
        name = wheelless["name"]
        return UnresolvedRequirement(
            f"{said}\nThere is no wheel of {name!r}{_wanted(name, said)} for {target}. {_WAY_OUT}"
        )
    if missing is not None:
        name = missing["name"]
        return UnresolvedRequirement(
            f"{said}\nThere is no package {name!r}{_wanted(name, said)} in the index; is the name right? One that "
            "exists for conda only has to come with the base image."
        )
    return UnresolvedRequirement(
        f"{said}\nThe requirements cannot be met together for {target}; loosen one that is named."
    )


def _wanted(name: str, said: str) -> str:
    """Who asks for a package, in uv's own derivation: ", wanted by 'a'", or the environment."""
    dependent = rf"(?:all versions of )?([\w.-]+)(?:\{{[^}}]*\}})?(?:[=<>!~]\S*)? depends? on {re.escape(name)}\b"
    wanting = sorted(set(re.findall(dependent, said)))
    return (
        f", wanted by {' and '.join(repr(each) for each in wanting)}," if wanting else ", which the environment names,"
    )
