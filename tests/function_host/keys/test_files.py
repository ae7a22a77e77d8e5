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
    await FileKeyStore(tmp_path / "keys").create("host", {"masterKey": {}})
    assert stat.S_IMODE((tmp_path / "keys" / "host.json").stat().st_mode) == 0o600


async def test_no_half_written_file_is_left(tmp_path):
    store = FileKeyStore(tmp_path)
    await store.create("host", {"a": 1})
    await store.create("host", {"a": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["host.json"]


async def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="FUNCTIONS_SECRETS_PATH"):
        await FileKeyStore(tmp_path / "file").create("host", {})
