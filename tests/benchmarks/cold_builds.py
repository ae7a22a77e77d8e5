"""Two cold builds of the diabetes image in as different surroundings as one machine has: are they the same bytes?"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from packager import Environment, InferenceConfig, package
from packager.builders.cache import BuildCache
from packager.builders.oci import OciBuilder
from tests.benchmarks.subject import EXAMPLE

PLATFORMS = ("linux/amd64", "linux/arm64")
_PINNED = ("scikit-learn", "joblib", "numpy")
_SURROUNDINGS: Sequence[tuple[int, Mapping[str, str]]] = (
    (0o022, {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}),
    (0o077, {"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "2"}),
)


def build(folder: Path) -> str:
    """The digest of the index of images for all platforms, built with an empty cache."""
    environment = Environment("diabetes")
    environment.python.conda_dependencies.pip_packages = [f"{name}=={version(name)}" for name in _PINNED]
    made = package(
        None,
        # Not the model, whose pickle depends on the training.
        [EXAMPLE / "sample_input.json"],
        InferenceConfig("score.py", source_directory=EXAMPLE, environment=environment),
        base_image="debian-packages:bookworm",
        image_name="cold:1",
        builder=OciBuilder(platforms=PLATFORMS, cache=BuildCache.open(folder / "cache"), load=False),
        proof=False,
    )
    assert made.image is not None
    return made.image.digest


def main() -> None:
    """Print seconds and digest of each build; ends with 1 when they differ."""
    if len(sys.argv) == 2:
        print(build(Path(sys.argv[1])))
        return
    digests = []
    for umask, settings in _SURROUNDINGS:
        with tempfile.TemporaryDirectory(prefix="cold-") as folder:
            begun = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.cold_builds", folder],
                env={**os.environ, **settings},
                umask=umask,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
        digests.append(done.stdout.split()[-1])
        print(f"{time.monotonic() - begun:6.1f} s  {digests[-1]}  umask {umask:03o} {settings}", flush=True)
    raise SystemExit(len(set(digests)) - 1)


if __name__ == "__main__":
    main()
