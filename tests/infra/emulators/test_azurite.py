import os
import stat
from pathlib import Path

import pytest

from infra.emulators.azurite import KEY, VERSION, Azurite
from infra.errors import EmulatorUnavailable

pytestmark = pytest.mark.process

LISTENS = """#!/bin/sh
echo "$@" > "$CALLS"
echo "Azurite Blob service is starting at http://127.0.0.1:0"
for service in "Blob service:1001" "Queue service:1002" "Table service:1003"; do
  echo "Azurite ${service%:*} is successfully listening at http://127.0.0.1:${service#*:}"
done
exec sleep 60
"""
ENDS = """#!/bin/sh
echo "no space left"
exit 1
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    (tmp_path / f"azurite-{VERSION}" / "node_modules" / "azurite").mkdir(parents=True)
    return tmp_path / "calls"


def node(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    path = folder / "bin" / "node"
    path.parent.mkdir()
    path.write_text(script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")


def test_ports_come_from_what_it_announces(tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node(tmp_path, monkeypatch, LISTENS)

    with Azurite() as azurite:
        assert (azurite.blob_port, azurite.queue_port) == (1001, 1002)
        assert azurite.connection_string == (
            f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={KEY};"
            "BlobEndpoint=http://127.0.0.1:1001/devstoreaccount1;"
            "QueueEndpoint=http://127.0.0.1:1002/devstoreaccount1;"
            "TableEndpoint=http://127.0.0.1:1003/devstoreaccount1;"
        )


def test_it_sends_no_telemetry_and_listens_on_loopback(
    tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node(tmp_path, monkeypatch, LISTENS)

    with Azurite():
        given = calls.read_text()

    assert "--disableTelemetry" in given
    assert "--inMemoryPersistence" in given
    assert given.count("Host 127.0.0.1") == 3


def test_data_goes_to_the_folder_given(tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node(tmp_path, monkeypatch, LISTENS)

    with Azurite(tmp_path / "data"):
        given = calls.read_text()

    assert f"--location {tmp_path / 'data'}" in given
    assert "--inMemoryPersistence" not in given


def test_a_killed_one_comes_back_on_the_same_ports(
    tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node(tmp_path, monkeypatch, LISTENS)
    azurite = Azurite(log=tmp_path / "log").start()

    azurite.kill()
    with pytest.raises(EmulatorUnavailable, match="does not run"):
        _ = azurite.blob_port
    azurite.start()

    assert azurite.blob_port == 1001
    assert "--blobPort 1001" in calls.read_text()
    azurite.stop()
    azurite.start().stop()
    assert "--blobPort 0" in calls.read_text()


def test_it_is_silent_unless_its_requests_are_wanted(
    tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node(tmp_path, monkeypatch, LISTENS)

    with Azurite():
        assert "--silent" in calls.read_text()
    with Azurite(log=tmp_path / "log"):
        assert "--silent" not in calls.read_text()
    assert "successfully listening" in (tmp_path / "log").read_text()


def test_early_end_repeats_its_words(tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node(tmp_path, monkeypatch, ENDS)

    with pytest.raises(EmulatorUnavailable, match=r"ended at once; it said: no space left"):
        Azurite().start()


def test_silence_is_not_waited_for_endlessly(tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node(tmp_path, monkeypatch, "#!/bin/sh\nexec sleep 60\n")

    with pytest.raises(EmulatorUnavailable, match="not ready within 0 seconds; it said: nothing"):
        Azurite(patience=0.03).start()


def test_it_has_no_ports_before_and_after_it_runs(tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node(tmp_path, monkeypatch, LISTENS)
    azurite = Azurite()

    with pytest.raises(EmulatorUnavailable, match="does not run"):
        _ = azurite.connection_string
    azurite.start().stop()
    azurite.stop()
    with pytest.raises(EmulatorUnavailable, match="does not run"):
        _ = azurite.blob_port
