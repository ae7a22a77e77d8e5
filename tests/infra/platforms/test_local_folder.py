import json

import pytest

from infra.errors import PlatformUnavailable
from infra.platforms.local_folder import DeploymentFolder


def test_a_state_is_for_its_owner_alone(tmp_path):
    folder = DeploymentFolder(tmp_path)
    assert folder.state() == {}

    folder.save({"port": 1})

    assert folder.state() == {"port": 1}
    assert (tmp_path / "state.json").stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


def test_only_one_changes_it_at_a_time(tmp_path):
    folder = DeploymentFolder(tmp_path / "place")

    with folder.held(), pytest.raises(PlatformUnavailable, match="being changed by another process"), folder.held():
        pass
    with folder.held():
        folder.remove()
    assert not folder.path.exists()


def test_a_place_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(PlatformUnavailable, match="PACKAGER_DEPLOYMENTS"), DeploymentFolder(tmp_path / "file/x").held():
        pass


def test_the_default_key_of_the_host(tmp_path):
    folder = DeploymentFolder(tmp_path)
    folder.prepare()
    assert folder.key() == ""
    keys = {"functionKeys": [{"name": "other", "value": "o"}, {"name": "default", "value": "d"}]}
    (folder.data / "keys" / "host.json").write_text(json.dumps(keys))

    assert folder.key() == "d"
    assert (folder.data / "storage").is_dir()
