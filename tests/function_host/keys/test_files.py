import stat

import pytest

from function_host.errors import ConfigError
from function_host.keys import FileKeyStore


async def test_a_broken_key_file_is_named(tmp_path):
    (tmp_path / "host.json").write_text("{")
    with pytest.raises(ConfigError, match=r"host\.json is not JSON"):
        await FileKeyStore(tmp_path).load("host")


async def test_a_key_file_that_is_no_object_is_named(tmp_path):
    (tmp_path / "host.json").write_text("[]")
    with pytest.raises(ConfigError, match="must hold a JSON object"):
        await FileKeyStore(tmp_path).load("host")


async def test_only_the_owner_can_read_keys(tmp_path):
    await FileKeyStore(tmp_path / "keys").create("f", {})
    assert stat.S_IMODE((tmp_path / "keys" / "f.json").stat().st_mode) == 0o600


async def test_no_half_written_file_is_left(tmp_path):
    store = FileKeyStore(tmp_path)
    await store.create("f", {"keys": []})
    await store.create("f", {"a": 2})
    assert not await store.replace("f", {"a": 2}, {"a": 3})
    assert await store.replace("f", {"a": 2}, {"keys": []})
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "f.json"]


async def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="FUNCTIONS_SECRETS_PATH"):
        await FileKeyStore(tmp_path / "file").create("host", {})
