"""Real parts that tests ask for by name; each starts once per test process, so pytest-xdist may be used."""

import signal
from collections.abc import Iterator

import pytest

from infra.emulators import Azurite
from infra.errors import EmulatorUnavailable
from tests.support import base_image, engine, require
from tests.support import registry as registry_server
from tests.support.engine import DockerEngine

# A shell's background job ignores SIGINT, and so would every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """A storage account in memory: `.connection_string`, `.blob_port`."""
    emulator, reason = Azurite(), ""
    try:
        emulator.start()
    except EmulatorUnavailable as cause:
        reason = str(cause)
    require(not reason, reason)
    yield emulator
    emulator.stop()


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[DockerEngine]:
    """A Docker Engine that answers: `.client`, `.url`."""
    found = engine.connect()
    require(isinstance(found, DockerEngine), str(found))
    assert isinstance(found, DockerEngine)
    yield found
    found.client.close()


@pytest.fixture(scope="session")
def python_base(docker_engine: DockerEngine) -> str:
    """The name of a Debian image with Python 3.11, venv and pip inside that engine."""
    reason = base_image.missing()
    require(not reason, reason)
    return base_image.imported(docker_engine)


@pytest.fixture(scope="session")
def registry() -> Iterator[str]:
    """An empty registry: "127.0.0.1:PORT"."""
    reason = registry_server.missing()
    require(not reason, reason)
    with registry_server.running() as address:
        yield address
