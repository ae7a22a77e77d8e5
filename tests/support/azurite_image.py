"""Azurite as an image, for engines that reach no registry: the same release, from npm."""

import io
import shutil
import tarfile
from pathlib import Path

from infra.config import cache_folder
from infra.emulators import npm
from infra.emulators.azurite import VERSION
from tests.support.engine import DockerEngine

_PROGRAM = """#!/bin/sh
exec node /opt/azurite/node_modules/azurite/dist/src/azurite.js "$@"
"""
_RECIPE = """
FROM {base}
COPY node azurite /usr/local/bin/
COPY package /opt/azurite
"""


def named(engine: DockerEngine, base: str, name: str) -> None:
    """Makes the image `name` from `base`, whose C libraries must be as new as this machine's Node.js wants them."""
    package = npm.installed("azurite", VERSION, cache_folder())
    node = Path(npm.program("node", "An image of Azurite")).resolve()
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        _add(tar, "Dockerfile", _RECIPE.format(base=base))
        _add(tar, "azurite", _PROGRAM)
        tar.add(node, "node")
        tar.add(package.parents[1], "package")
    context.seek(0)
    engine.client.images.build(fileobj=context, custom_context=True, tag=name, rm=True, forcerm=True)


def missing() -> str:
    """Why it cannot be made here, in one sentence; empty when it can."""
    if shutil.which("node") and shutil.which("npm"):
        return ""
    return "An image of Azurite needs Node.js 20 and npm (on Debian: apt-get install nodejs npm)."


def _add(tar: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(text), 0o755
    tar.addfile(entry, io.BytesIO(text.encode()))
