"""Where infra keeps what it downloads and deploys, and the environment it hands to what it starts."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """`$PACKAGER_CACHE`, else `~/.cache/packager`; created when missing."""
    folder = Path(os.environ.get("PACKAGER_CACHE") or Path.home() / ".cache" / "packager")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def deployments_folder() -> Path:
    """`$PACKAGER_DEPLOYMENTS`, else `~/.functions-packager/deployments`; it need not exist yet."""
    configured = os.environ.get("PACKAGER_DEPLOYMENTS")
    return Path(configured).expanduser().absolute() if configured else Path.home() / ".functions-packager/deployments"


def environment() -> Mapping[str, str]:
    """A copy of this process's environment variables."""
    return dict(os.environ)


def image_registry() -> str:
    """Where images of web services in a cloud are pushed: `$PACKAGER_PUBLISH_TO`; empty when nobody said."""
    return os.environ.get("PACKAGER_PUBLISH_TO", "")


@contextmanager
def lent(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment variables that are there meanwhile, for secrets that platforms read from the environment."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
