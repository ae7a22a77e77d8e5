"""How the blob trigger behaves on Azure, one test per row of the conformance table, on a folder and on Azurite."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

pytestmark = pytest.mark.real_time

APP = """
import asyncio, json, os
from pathlib import Path

@app.blob_trigger(arg_name="blob", path="%Input%/{name}.json", connection="Store")
@app.blob_output(arg_name="$return", path="%Input%-out/{name}", connection="Store")
async def work(blob: func.InputStream) -> bytes:
    data = blob.read()
    with open(os.environ["JOURNAL"], "a") as journal:
        journal.write(json.dumps([blob.name.partition("/")[2], data.decode("latin-1")]) + "\\n")
    if data == b"bad":
        raise ValueError("bad")
    while data == b"slow" and not Path(os.environ["JOURNAL"] + ".go").exists():
        await asyncio.sleep(0.01)
    return data
"""
ONE_BY_ONE = json.dumps({"version": "2.0", "extensions": {"blobs": {"maxDegreeOfParallelism": 1}}})


class Folder:
    """A container in a local folder."""

    def __init__(self, root: Path) -> None:
        self._root, self.container, self.connection = root, "blobs", f"folder:{root}"

    def make(self) -> None:
        (self._root / self.container).mkdir(parents=True, exist_ok=True)

    def write(self, name: str, data: bytes) -> None:
        path = self._root / self.container / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def delete(self, name: str) -> None:
        (self._root / self.container / name).unlink()

    def outputs(self) -> dict[str, bytes]:
        folder = self._root / f"{self.container}-out"
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def close(self) -> None:
        """Nothing is kept open."""


class Azure:
    """A container nobody used before in a storage account."""

    def __init__(self, connection: str) -> None:
        self.container, self.connection = f"c{uuid.uuid4().hex}", connection
        self._client = BlobServiceClient.from_connection_string(connection)
        self._input = self._client.get_container_client(self.container)

    def make(self) -> None:
        if not self._input.exists():
            self._input.create_container()

    def write(self, name: str, data: bytes) -> None:
        self._input.upload_blob(name, data, overwrite=True)

    def delete(self, name: str) -> None:
        self._input.delete_blob(name)

    def outputs(self) -> dict[str, bytes]:
        found: ContainerClient = self._client.get_container_client(f"{self.container}-out")
        return {name: found.download_blob(name).readall() for name in found.list_blob_names()}

    def close(self) -> None:
        self._client.close()


@pytest.fixture(params=["folder", pytest.param("azurite", marks=pytest.mark.azurite)])
def account(request, tmp_path):
    found = Folder(tmp_path / "account") if request.param == "folder" else None
    found = found or Azure(request.getfixturevalue("azurite").connection_string)
    yield found
    found.close()


class Instances:
    """Hosts of one app on one account, and what their runs noted."""

    def __init__(self, app, account, journal: Path) -> None:
        self._app, self._account, self._journal = app, account, journal
        self.host_id = uuid.uuid4().hex

    async def start(self, host_json: str = ""):
        settings = {
            "Store": self._account.connection, "Input": self._account.container, "JOURNAL": str(self._journal),
            "AzureFunctionsWebHost__hostid": self.host_id,
        }  # fmt: skip
        host, _ = await self._app(APP, settings=settings, host_json=host_json)
        assert host.status.errors == []
        return host

    def release(self) -> None:
        """Let the slow run go on."""
        Path(f"{self._journal}.go").touch()

    @property
    def runs(self) -> list[tuple[str, str]]:
        lines = self._journal.read_text().splitlines() if self._journal.exists() else []
        return [tuple(json.loads(line)) for line in lines]

    async def have_run(self, *expected: tuple[str, str]) -> None:
        """Wait until as many runs began as are expected; these must be the ones, in any order."""
        async with asyncio.timeout(20):
            while len(self.runs) < len(expected):  # noqa: ASYNC110 - the runs are somebody else's state
                await asyncio.sleep(0.02)
        assert sorted(self.runs) == sorted(expected)


@pytest.fixture
def instances(app, account, tmp_path) -> Iterator[Instances]:
    started = Instances(app, account, tmp_path / "journal")
    yield started
    # A host whose run goes on does not stop.
    started.release()


async def test_row_53_a_capture_goes_over_slashes(instances, account):
    account.make()
    await instances.start()
    account.write("a/b.json", b"1")
    await instances.have_run(("a/b.json", "1"))
    async with asyncio.timeout(10):
        while account.outputs() != {"a/b": b"1"}:  # noqa: ASYNC110 - the output is somebody else's state
            await asyncio.sleep(0.02)


async def test_row_54_a_restart_runs_nothing_again(instances, account):
    account.make()
    host = await instances.start()
    account.write("a.json", b"1")
    await instances.have_run(("a.json", "1"))
    await host.stop()
    await instances.start()
    account.write("b.json", b"2")
    await instances.have_run(("a.json", "1"), ("b.json", "2"))


async def test_row_55_an_overwritten_blob_is_run_again(instances, account):
    account.make()
    await instances.start()
    account.write("a.json", b"1")
    await instances.have_run(("a.json", "1"))
    account.write("a.json", b"2")
    await instances.have_run(("a.json", "1"), ("a.json", "2"))


async def test_row_56_names_match_by_case(instances, account):
    account.make()
    account.write("x.JSON", b"1")
    account.write("y.json", b"2")
    await instances.start()
    await instances.have_run(("y.json", "2"))
    account.write("z.json", b"3")
    await instances.have_run(("y.json", "2"), ("z.json", "3"))


async def test_row_58_a_blob_that_is_gone_before_its_turn_is_not_run(instances, account):
    account.make()
    for name, data in {"a.json": b"slow", "b.json": b"gone", "c.json": b"3"}.items():
        account.write(name, data)
        await asyncio.sleep(0.01)
    await instances.start(ONE_BY_ONE)
    await _begun(instances)
    account.delete("b.json")
    instances.release()
    await instances.have_run(("a.json", "slow"), ("c.json", "3"))


async def test_row_59_of_an_overwritten_blob_only_the_new_version_is_run(instances, account):
    account.make()
    for name, data in {"a.json": b"slow", "b.json": b"old", "c.json": b"3"}.items():
        account.write(name, data)
    await instances.start(ONE_BY_ONE)
    await _begun(instances)
    account.write("b.json", b"new")
    instances.release()
    await instances.have_run(("a.json", "slow"), ("b.json", "new"), ("c.json", "3"))


async def _begun(instances: Instances) -> None:
    """Wait for the slow run, which must be the first."""
    async with asyncio.timeout(20):
        while not instances.runs:  # noqa: ASYNC110 - the runs are somebody else's state
            await asyncio.sleep(0.02)
    assert instances.runs == [("a.json", "slow")]


async def test_row_62_a_container_may_come_after_the_start(instances, account):
    await instances.start()
    account.make()
    account.write("a.json", b"1")
    await instances.have_run(("a.json", "1"))


async def test_row_63_two_instances_run_each_blob_once(instances, account):
    account.make()
    for _ in range(2):
        await instances.start()
    blobs = [(f"{number}.json", f"{number}") for number in range(30)]
    for name, data in blobs:
        account.write(name, data.encode())
    await instances.have_run(*blobs)
    account.write("last.json", b"x")
    await instances.have_run(*blobs, ("last.json", "x"))
