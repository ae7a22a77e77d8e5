import io
import json
import tarfile
from pathlib import Path
from types import SimpleNamespace

import docker
import pytest

from infra.errors import HostFailed, InvalidRunRequest, ProofImpossible, RunTimedOut
from infra.proof_image import image_started
from tests.support import runs
from tests.support.fake_host import FakeHost

COMMAND = ["/opt/venv/bin/python", "-m", "function_host", "start", "--script-root", "/home/site/wwwroot"]
CONTRACT = {"triggers": {"http": {}, "blob": {"connection": "Mine"}}}


class FakeContainer:
    """Writes what a host would write into the folder that is mounted, or ends."""

    def __init__(self, engine: "FakeEngine", data: Path | None) -> None:
        self._engine = engine
        self.status = "running"
        self.attrs = {"State": {"Pid": 7, "ExitCode": 5}}
        self.removed = False
        if data is not None and engine.starts:
            (data / "keys").mkdir()
            keys = {"masterKey": {"value": "m"}, "functionKeys": [{"name": "default", "value": "k"}]}
            (data / "keys" / "host.json").write_text(json.dumps(keys))
            ready = {"url": engine.url, "functions": [runs.HTTP, runs.BLOB], "failures": {}, "errors": []}
            (data / "ready.json").write_text(json.dumps(ready))

    def get_archive(self, path: str):
        name = path.rpartition("/")[2]
        if name not in self._engine.files:
            raise docker.errors.NotFound(path)
        content, archive = self._engine.files[name].encode(), io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        return iter([archive.getvalue()]), {}

    def reload(self) -> None:
        self.status = self._engine.status

    def logs(self) -> bytes:
        return b"what it printed"

    def remove(self, *, force: bool) -> None:
        self.removed = force


class FakeEngine:
    """An engine with one image."""

    def __init__(self) -> None:
        self.files = {"packager.json": json.dumps(CONTRACT), "sample_input.json": "[1]"}
        self.command = COMMAND
        self.starts, self.status = True, "running"
        self.made: list[FakeContainer] = []
        self.options: dict[str, object] = {}
        self.images = SimpleNamespace(get=self._image)
        self.api = SimpleNamespace(base_url="http+docker://localhost")
        self.url = "http://127.0.0.1:1"
        self.containers = SimpleNamespace(create=lambda _: self._container(None), run=self._run)

    def _image(self, name: str) -> SimpleNamespace:
        if name != "m:1":
            raise docker.errors.ImageNotFound(name)
        return SimpleNamespace(attrs={"Config": {"Cmd": self.command, "Entrypoint": None}})

    def _container(self, data: Path | None) -> FakeContainer:
        self.made.append(FakeContainer(self, data))
        return self.made[-1]

    def _run(self, image: str, command: list[str], **options: object) -> FakeContainer:
        self.options = {"command": command, **options}
        (folder,) = options["volumes"]
        return self._container(Path(folder))


def test_it_runs_locked_down_with_accounts_of_its_own(host: FakeHost) -> None:
    engine = FakeEngine()
    engine.url = host.url

    with image_started("m:1", timeout=5, client=engine) as running:
        details = running.details
        assert (details.url, details.key, details.master_key, details.pid) == (host.url, "k", "m", 7)
        assert (details.app / "sample_input.json").read_text() == "[1]"
        assert running.output() == "what it printed"

    assert not details.app.exists()
    assert all(container.removed for container in engine.made)
    assert engine.options["command"] == [
        *COMMAND, "--host", "127.0.0.1", "--port", "0", "--ready-file", "/proof/ready.json",
    ]  # fmt: skip
    assert engine.options["read_only"]
    assert engine.options["cap_drop"] == ["ALL"]
    environment = engine.options["environment"]
    assert {environment[name] for name in ("TriggerConnectionString", "AzureWebJobsStorage", "Mine")} == {
        "folder:/proof/storage"
    }


def test_a_host_that_ends_tells_what_it_printed() -> None:
    engine = FakeEngine()
    engine.starts, engine.status = False, "exited"

    with pytest.raises(HostFailed) as caught, image_started("m:1", timeout=5, client=engine):
        pass

    assert (caught.value.returncode, caught.value.output) == (5, "what it printed")
    assert all(container.removed for container in engine.made)


def test_a_host_that_never_gets_ready() -> None:
    engine = FakeEngine()
    engine.starts = False

    with (
        pytest.raises(RunTimedOut, match="m:1 was not ready within 0 seconds"),
        image_started("m:1", timeout=0.01, client=engine),
    ):
        pass
    assert all(container.removed for container in engine.made)


def test_other_images_are_refused() -> None:
    engine = FakeEngine()
    with (
        pytest.raises(InvalidRunRequest, match="has no image 'other'"),
        image_started("other", timeout=1, client=engine),
    ):
        pass
    engine.command = ["nginx"]
    with (
        pytest.raises(InvalidRunRequest, match=r"does not start function_host \(nginx\)"),
        image_started("m:1", timeout=1, client=engine),
    ):
        pass


def test_an_engine_that_cannot_be_reached_proves_nothing() -> None:
    engine = FakeEngine()
    with (
        pytest.raises(
            ProofImpossible, match="cannot be reached: the Docker Engine gives its containers another network"
        ),
        image_started("m:1", timeout=5, client=engine),
    ):
        pass
    assert all(container.removed for container in engine.made)

    engine.api.base_url = "http://build.example.com:2375"
    elsewhere = r"on another machine \(build\.example\.com:2375\)"
    with pytest.raises(ProofImpossible, match=elsewhere), image_started("m:1", timeout=5, client=engine):
        pass
