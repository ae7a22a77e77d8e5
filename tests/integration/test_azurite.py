"""The Azurite launcher with the real Azurite."""

from pathlib import Path

import pytest

from infra.emulators import Azurite
from infra.errors import NotRunning
from infra.storage import AccountStorage

pytestmark = pytest.mark.azurite


def test_blob_is_got_as_it_was_put(azurite: Azurite) -> None:
    storage = AccountStorage(azurite.connection_string)

    storage.put("launcher", "a/b.json", b"old")
    storage.put("launcher", "a/b.json", b"new")

    assert storage.get("launcher", "a/b.json") == b"new"
    assert storage.get("launcher", "none.json") is None
    assert storage.get("no-such-container", "a/b.json") is None


def test_two_run_side_by_side(azurite: Azurite) -> None:
    with Azurite() as other:
        assert other.blob_port != azurite.blob_port
        AccountStorage(other.connection_string).put("only-here", "x", b"1")

    assert AccountStorage(azurite.connection_string).get("only-here", "x") is None


@pytest.mark.usefixtures("azurite")
def test_data_in_a_folder_outlives_it(tmp_path: Path) -> None:
    with Azurite(tmp_path / "data") as first:
        AccountStorage(first.connection_string).put("kept", "x", b"1")
    with Azurite(tmp_path / "data") as second:
        assert AccountStorage(second.connection_string).get("kept", "x") == b"1"


def test_an_account_that_is_gone_is_not_running(azurite: Azurite) -> None:
    nobody = azurite.connection_string.replace(f":{azurite.blob_port}/", ":1/")

    with pytest.raises(NotRunning, match="does not take blobs"):
        AccountStorage(nobody, retries=0).put("kept", "x", b"1")
