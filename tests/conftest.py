"""Real parts that tests ask for by name; each starts once per test process, so pytest-xdist may be used."""

import gc
import signal
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from infra.emulators import Azurite
from infra.errors import EmulatorUnavailable
from tests.support import base_image, engine, require
from tests.support import registry as registry_server
from tests.support.engine import DockerEngine
from tests.support.unit_only import ProcessGuard, left_out

# A shell's background job ignores SIGINT, and so would every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# The Service Bus client leaves the sockets of broken connections to the garbage collector, which may come in any test.
_LEFT_BY_THE_CLIENT = (
    "ignore:Exception ignored in. <(socket|ssl|function StreamWriter|function _SelectorTransport):"
    "pytest.PytestUnraisableExceptionWarning"
)


_REAL = Path(__file__).parent / "integration"
_RULES = Path(__file__).parent / "architecture"
_GUARD = ProcessGuard()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--unit", action="store_true", help="Leave out what needs a real part: every marker, and tests/integration."
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("unit"):
        _GUARD.watch()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if config.getoption("unit") and collection_path == _REAL else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests are no garbage: looking through them again and again doubles the time it takes."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    _GUARD.test = "" if item.path.is_relative_to(_RULES) else item.nodeid
    try:
        return (yield)
    finally:
        _GUARD.test = ""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let no test answer for what the client left, nor one with real processes for a moment of a busy machine.

    Those run once more when they fail, and the summary names them: a test that needs that often is a defect.
    """
    for item in items:
        if item.get_closest_marker("service_bus"):
            item.add_marker(pytest.mark.filterwarnings(_LEFT_BY_THE_CLIENT))
        if item.path.is_relative_to(_REAL):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=1))
    if config.getoption("unit"):
        real = left_out(items, config.rootpath / "pyproject.toml")
        config.hook.pytest_deselected(items=real)
        kept = set(items) - set(real)
        items[:] = [item for item in items if item in kept]


@pytest.fixture(scope="module", autouse=True)
def _no_sockets_for_later(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if request.node.get_closest_marker("service_bus"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


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
