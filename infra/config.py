"""Where infra keeps what it downloads, and the environment it hands to what it starts."""

import os
from collections.abc import Mapping
from pathlib import Path


def cache_folder() -> Path:
    """`$PACKAGER_CACHE`, else `~/.cache/packager`; created when missing."""
    folder = Path(os.environ.get("PACKAGER_CACHE") or Path.home() / ".cache" / "packager")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def environment() -> Mapping[str, str]:
    """A copy of this process's environment variables."""
    return dict(os.environ)
