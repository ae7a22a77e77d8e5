import stat

import pytest

from function_host.errors import ConfigError
from function_host.keys import FileKeyStore


def test_a_broken_key_file_is_named(tmp_path):
    (tmp_path / "host.json").write_text("{")
    with pytest.raises(ConfigError, match=r"host\.json is not JSON"):
        FileKeyStore(tmp_path).load("host")


def test_a_key_file_that_is_no_object_is_named(tmp_path):
    (tmp_path / "host.json").write_text("[]")
    with pytest.raises(ConfigError, match="must hold a JSON object"):
        FileKeyStore(tmp_path).load("host")


def test_only_the_owner_can_read_keys(tmp_path):
    FileKeyStore(tmp_path / "keys").save("host", {"masterKey": {}})
    assert stat.S_IMODE((tmp_path / "keys" / "host.json").stat().st_mode) == 0o600


def test_no_half_written_file_is_left(tmp_path):
    store = FileKeyStore(tmp_path)
    store.save("host", {"a": 1})
    store.save("host", {"a": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["host.json"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="FUNCTIONS_SECRETS_PATH"):
        FileKeyStore(tmp_path / "file").save("host", {})
