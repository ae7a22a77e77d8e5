"""WheelTarget: the Python version, architecture and glibc that wheels must fit."""

import re
from dataclasses import dataclass
from types import MappingProxyType

from packager.errors import InvalidPackageRequest

MACHINES = MappingProxyType({"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"})
DEFAULT_PLATFORM = "linux/amd64"
_OLDEST_GLIBC = 5
# Which glibc (2.x) a base image has is not written on it; the names of the distributions are. An unknown image is
# taken for an old one: a wheel for an older glibc works with a newer one, not the other way round.
_UNKNOWN_GLIBC = 31
_GLIBC = (
    (r"bullseye|debian:11|ubuntu:?20\.04|focal", 31),
    (r"ubuntu:?22\.04|jammy|ubi9|almalinux:9|rockylinux:9", 34),
    (r"bookworm|debian:12|trixie|debian:13|ubuntu:?24\.04|noble", 36),
    # The official images move to the next Debian by themselves; this one fits the last and the next.
    (r"(?:.*/)?python:3\.\d+(?:\.\d+)?(?:-slim)?", 36),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelTarget:
    """Where wheels are to be installed: CPython on Linux with glibc."""

    python_version: str
    """Major and minor: `3.11`."""
    machine: str
    """In the words of wheels: `x86_64` or `aarch64`."""
    glibc: int = _UNKNOWN_GLIBC
    """The minor version: 36 for glibc 2.36."""

    @classmethod
    def of(cls, python_version: str, platform: str, base_image: str) -> "WheelTarget":
        """The target of an image for `platform` ("linux/amd64") made from `base_image`.

        Raises InvalidPackageRequest for a platform that is not known.
        """
        system, _, architecture = platform.partition("/")
        if system != "linux" or architecture not in MACHINES:
            known = ", ".join(f"linux/{name}" for name in sorted(MACHINES))
            raise InvalidPackageRequest(f"The platform {platform!r} is not one of {known}.")
        return cls(python_version=python_version, machine=MACHINES[architecture], glibc=glibc_of(base_image))

    @property
    def tag(self) -> str:
        """The newest platform tag that fits: `manylinux_2_36_x86_64`."""
        return f"manylinux_2_{self.glibc}_{self.machine}"

    def uv_options(self) -> list[str]:
        """What tells uv to resolve for this target."""
        return [f"--python-version={self.python_version}", f"--python-platform={self.machine}-manylinux_2_{self.glibc}"]

    def pip_options(self) -> list[str]:
        """What tells pip to take wheels for this target, and no others."""
        platforms = [f"manylinux_2_{minor}_{self.machine}" for minor in range(self.glibc, _OLDEST_GLIBC - 1, -1)]
        platforms += [f"{name}_{self.machine}" for name in ("manylinux2014", "manylinux2010", "manylinux1", "linux")]
        abis = [f"cp{self.python_version.replace('.', '')}", "abi3", "none"]
        options = ["--only-binary=:all:", "--implementation=cp", f"--python-version={self.python_version}"]
        return [*options, *(f"--abi={abi}" for abi in abis), *(f"--platform={each}" for each in platforms)]

    def __str__(self) -> str:
        return f"Python {self.python_version} on linux/{self.machine} with glibc 2.{self.glibc}"


def glibc_of(base_image: str) -> int:
    """The minor version of glibc that an image of this name has at least."""
    for pattern, minor in _GLIBC:
        find = re.fullmatch if pattern.startswith("(?:.*/)") else re.search
        if find(pattern, base_image):
            return minor
    return _UNKNOWN_GLIBC
