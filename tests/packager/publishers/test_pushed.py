import pytest

from packager.publishers import pushed
from packager.publishers.pushed import PushedBlobs


def test_what_is_remembered_is_known_to_others(tmp_path):
    PushedBlobs(folder=tmp_path / "x").remember("r.example:5000", "team/a", ["sha256:1", "sha256:2"])
    PushedBlobs(folder=tmp_path / "x").remember("r.example:5000", "team/b", ["sha256:2"])

    found = PushedBlobs(folder=tmp_path / "x").repositories("r.example:5000")

    assert found == {"sha256:1": "team/a", "sha256:2": "team/b"}
    assert PushedBlobs(folder=tmp_path / "x").repositories("other.example") == {}


def test_the_oldest_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(pushed, "_MOST", 2)
    blobs = PushedBlobs(folder=tmp_path)
    blobs.remember("r", "a", ["sha256:1", "sha256:2"])
    blobs.remember("r", "b", ["sha256:1", "sha256:3"])

    assert blobs.repositories("r") == {"sha256:1": "b", "sha256:3": "b"}


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_damaged_file_counts_as_none(tmp_path, content):
    (tmp_path / "r.json").write_text(content)

    assert PushedBlobs(folder=tmp_path).repositories("r") == {}


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").touch()

    PushedBlobs(folder=tmp_path / "file").remember("r", "a", ["sha256:1"])


def test_it_is_in_the_packagers_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path))

    assert PushedBlobs().folder == tmp_path / "pushed"
