import hashlib

import pytest

from packager import InvalidModel
from packager.errors import ModelChanged
from packager.models.content import check_file, check_unchanged, copy_hashed, model_files, total_sha256
from packager.models.contract import ModelVersion, content_sha256


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "net"
    for name in ("b", "a/one", "a/two"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_files_of_a_folder_and_of_a_file(folder):
    assert [*model_files(folder)] == ["a/one", "a/two", "b"]
    assert model_files(folder / "b") == {"b": folder / "b"}


def test_only_what_is_asked_for(folder):
    assert [*model_files(folder, ["a/two", "b"])] == ["a/two", "b"]
    assert [*model_files(folder, ["a", "a/one"])] == ["a/one", "a/two"]


@pytest.mark.parametrize("child", ["c", "../net2", "../other"])
def test_a_child_that_is_not_in_the_folder_is_refused(folder, child):
    (folder.parent / "other").write_text("")
    with pytest.raises(InvalidModel, match=f"'{child}' is neither"):
        model_files(folder, [child])


def test_a_file_has_no_children(folder):
    with pytest.raises(InvalidModel, match="needs a folder"):
        model_files(folder / "b", ["x"])


def test_links_are_followed(folder, tmp_path):
    (folder / "link").symlink_to(folder / "a")

    assert [*model_files(folder)] == ["a/one", "a/two", "b", "link/one", "link/two"]


def test_links_that_lead_nowhere_or_in_circles_are_named(folder):
    (folder / "a" / "up").symlink_to(folder)
    with pytest.raises(InvalidModel, match="a/up, in the model's folder, is a link to a folder that holds it"):
        model_files(folder)
    (folder / "a" / "up").unlink()
    (folder / "a" / "up").symlink_to(folder / "nowhere")
    with pytest.raises(InvalidModel, match="a/up, in the model's folder, is a broken link"):
        model_files(folder)


def test_a_copy_has_the_hash_of_what_was_copied(folder, tmp_path):
    assert copy_hashed(folder / "b", tmp_path / "x/y") == sha256("b")
    assert (tmp_path / "x/y").read_text() == "b"


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InvalidModel, match=r"nowhere cannot be read: No such file or directory\."):
        copy_hashed(tmp_path / "nowhere", tmp_path / "x")


def test_a_folders_hash_is_that_of_its_listing(folder):
    files = {name: content_sha256(file) for name, file in model_files(folder).items()}

    assert total_sha256(folder, files) == content_sha256(folder)
    assert total_sha256(folder / "b", {"b": files["b"]}) == sha256("b")


def version(path, **given) -> ModelVersion:
    return ModelVersion(name="m", version=1, path=path, sha256=content_sha256(path), **given)


def test_what_is_the_same_passes(folder):
    files = {name: content_sha256(file) for name, file in model_files(folder).items()}

    assert check_unchanged(version(folder, files=files), folder) == folder
    assert check_unchanged(version(folder), folder) == folder


@pytest.mark.parametrize("has_files", [True, False])
def test_what_is_not_names_file_expected_and_found(folder, has_files):
    files = {name: content_sha256(file) for name, file in model_files(folder).items()}
    registered = version(folder, files=files if has_files else {})
    (folder / "a/one").write_text("other")

    with pytest.raises(ModelChanged) as refused:
        check_unchanged(registered, folder)

    place = folder / "a/one" if has_files else folder
    expected = sha256("a/one") if has_files else registered.sha256
    found = sha256("other") if has_files else content_sha256(folder)
    assert f"{place} should have the SHA-256 {expected}, found {found}." in str(refused.value)


def test_what_is_gone_is_named(folder, tmp_path):
    registered = version(folder)

    with pytest.raises(ModelChanged, match="found no such file or folder"):
        check_unchanged(registered, tmp_path / "gone")
    with pytest.raises(ModelChanged, match="here should have the SHA-256 x, found no such file"):
        check_file(registered, tmp_path / "gone", "x", place="here")
