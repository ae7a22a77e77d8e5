"""Ask apt for packages of any architecture, in a root of its own and with this machine's sources."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packager.errors import BuildFailed

_FOLDERS = (
    "etc/apt/preferences.d",
    "var/lib/apt/lists/partial",
    "var/cache/apt/archives/partial",
    "var/lib/dpkg",
)
_SETTINGS = Path("/etc/apt")
_PATIENCE = 600.0
_TAIL_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Apt:
    """apt for one architecture in its own root, in which nothing is installed."""

    root: Path
    architecture: str
    """In Debian's words: amd64, arm64."""

    def update(self, suite: str) -> None:
        """Get the lists; raises BuildFailed when apt cannot, or when no source is of that suite."""
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            raise BuildFailed(
                "A base image of Debian's packages needs apt-get and dpkg-deb, which this machine lacks; name another "
                "base_image, such as 'python:3.11-slim'."
            )
        for name in _FOLDERS:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        (self.root / "var/lib/dpkg/status").touch()
        said = self._run("update", "-qq").stderr.strip()
        found = set(self._run("indextargets", "--format", "$(CODENAME)").stdout.split())
        if suite not in found and said:
            # Of lists that it cannot get apt only warns.
            raise BuildFailed(
                f"{said}\napt could not get all lists of packages, its words are above, and has none of {suite!r} for "
                f"{self.architecture}. Is the network there, and does 'apt-get update' work here?",
                log=said,
            )
        if suite not in found:
            known = ", ".join(sorted(found)) or "none"
            raise BuildFailed(
                f"apt's sources on this machine have no suite {suite!r} for {self.architecture}; they have {known}."
            )

    def download(self, packages: Sequence[str], left_out: Sequence[str], alone: Sequence[str]) -> list[Path]:
        """The .deb files of `packages` with all they depend on but `left_out`, and of `alone` without that; by name."""
        listed = self._run("install", "--yes", "-qq", "--print-uris", "--no-install-recommends", *packages).stdout
        names = {line.split()[1].partition("_")[0] for line in listed.splitlines() if line.startswith("'")}
        self._run("download", "-qq", *sorted(names - {*left_out} | {*alone}))
        return sorted(self.root.glob("*.deb"))

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["apt-get", *self._options(), *arguments],
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
        if done.returncode != 0:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-_TAIL_LINES:])
            raise BuildFailed(
                f"{tail}\nDebian's packages for the base image cannot be had; apt's words are above. Does "
                "'apt-get update' work here?",
                log=tail,
            )
        return done

    def _options(self) -> list[str]:
        settings = {
            "Dir": self.root,
            "Dir::State::status": self.root / "var/lib/dpkg/status",
            "Dir::Etc::sourcelist": _SETTINGS / "sources.list",
            "Dir::Etc::sourceparts": _SETTINGS / "sources.list.d",
            "Dir::Etc::trusted": _SETTINGS / "trusted.gpg",
            "Dir::Etc::trustedparts": _SETTINGS / "trusted.gpg.d",
            "APT::Architecture": self.architecture,
            "APT::Architectures": self.architecture,
            # The one who owns the root need not be readable to the user that apt would fetch as.
            "APT::Sandbox::User": "root",
        }
        return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
