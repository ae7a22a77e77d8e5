from pathlib import Path

import pytest

from infra.storage import AccountStorage, FolderStorage, folder_connection, open_storage


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path)


def test_blob_is_got_as_it_was_put(storage: FolderStorage) -> None:
    storage.put("input", "a/b.json", b"\x00\xff")

    assert storage.get("input", "a/b.json") == b"\x00\xff"


def test_blob_replaces_an_older_one_and_leaves_nothing_beside_it(storage: FolderStorage, tmp_path: Path) -> None:
    storage.put("input", "a.json", b"old")
    storage.put("input", "a.json", b"new")

    assert storage.get("input", "a.json") == b"new"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "input" / "a.json"]


@pytest.mark.parametrize(("container", "name"), [("none", "a.json"), ("input", "b.json")])
def test_missing_blob_is_none(storage: FolderStorage, container: str, name: str) -> None:
    storage.put("input", "a.json", b"1")

    assert storage.get(container, name) is None


def test_place_is_a_file_path(storage: FolderStorage, tmp_path: Path) -> None:
    assert storage.place("input/{blobname}.json") == f"{tmp_path}/input/{{blobname}}.json"


def test_folder_connection_opens_that_folder(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "storage"

    opened = open_storage(folder_connection(folder))

    assert isinstance(opened, FolderStorage)
    assert folder.is_dir()
    assert opened.place("x") == str(folder / "x")


def test_connection_string_opens_an_account_at_its_endpoint() -> None:
    opened = open_storage("AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a;")

    assert isinstance(opened, AccountStorage)
    assert opened.place("input/x.json") == "http://127.0.0.1:1/a/input/x.json"
