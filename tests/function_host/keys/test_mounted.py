import os

import pytest

from function_host.errors import KeysReadOnly, KeysUnavailable
from function_host.keys import KeyRing, MountedKeyStore
from function_host.keys.ring import ADMIN, ANONYMOUS, FUNCTION

FILES = {
    "host.master": "m\n",
    "host.function.default": "d",
    "host.systemKey.blobs_extension": "b",
    "functions.score.Mine": "s",
    "functions.other.default": "o",
}


@pytest.fixture
def folder(tmp_path):
    """As a cluster mounts a Secret: links into a folder that is exchanged as a whole."""
    (tmp_path / "..first").mkdir()
    for name, value in FILES.items():
        (tmp_path / "..first" / name).write_text(value)
        (tmp_path / name).symlink_to(f"..data/{name}")
    (tmp_path / "..data").symlink_to("..first")
    return tmp_path


async def test_each_file_is_a_key(folder):
    ring = KeyRing(MountedKeyStore(folder))
    levels = {key: await ring.level(key, "score") for key in ("m", "d", "s", "o", "b")}
    assert levels == {"m": ADMIN, "d": FUNCTION, "s": FUNCTION, "o": ANONYMOUS, "b": ANONYMOUS}
    assert [key.name for key in await ring.list("score", "keys")] == ["Mine"]
    assert await ring.is_system_key("b", "blobs_extension")
    assert await ring.host_key() == "d"


async def test_a_function_may_have_no_key_of_its_own(folder):
    assert await MountedKeyStore(folder).load("third") == {"keys": []}


async def test_a_changed_secret_counts(folder):
    now = 0.0
    ring = KeyRing(MountedKeyStore(folder), clock=lambda: now)
    assert await ring.level("d", "score") == FUNCTION
    (folder / "..second").mkdir()
    (folder / "..second" / "host.master").write_text("m")
    (folder / "..second" / "host.function.default").write_text("new")
    (folder / "..new").symlink_to("..second")
    os.replace(folder / "..new", folder / "..data")  # noqa: PTH105 - a link that is exchanged at once
    now = 60.0
    assert await ring.level("new", "score") == FUNCTION
    assert await ring.level("d", "score") == ANONYMOUS


async def test_nothing_is_written(folder):
    ring = KeyRing(MountedKeyStore(folder))
    with pytest.raises(KeysReadOnly, match="change the Secret that is mounted there"):
        await ring.put("host", "functionKeys", "mine", None)
    with pytest.raises(KeysReadOnly):
        await ring.system_key("eventgrid_extension")
    await ring.close()


async def test_without_a_master_key_nobody_gets_in(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(KeysUnavailable, match=r"no file host\.master in .* Mount a Secret there"):
            await KeyRing(MountedKeyStore(folder)).level("m", "score")


async def test_only_the_file_of_that_name_is_the_master_key(tmp_path):
    (tmp_path / "host.master.bak").write_text("old")
    with pytest.raises(KeysUnavailable):
        await KeyRing(MountedKeyStore(tmp_path)).level("old", "score")
    (tmp_path / "HOST.MASTER").write_text("new")
    ring = KeyRing(MountedKeyStore(tmp_path))
    assert [await ring.level(key, "score") for key in ("old", "new")] == [ANONYMOUS, ADMIN]


async def test_a_file_that_goes_takes_no_other_with_it(folder):
    (folder / "host.function.aaa").symlink_to("..data/nowhere")
    assert await KeyRing(MountedKeyStore(folder)).level("d", "score") == FUNCTION


async def test_what_cannot_be_read_is_told(tmp_path):
    (tmp_path / "host.master").write_bytes(b"\xff")
    with pytest.raises(KeysUnavailable, match="cannot be read"):
        await MountedKeyStore(tmp_path).load("host")
