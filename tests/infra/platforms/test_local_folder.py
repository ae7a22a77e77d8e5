import json

import pytest

from infra.errors import InvalidDeployment, PlatformUnavailable
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
    assert [*tmp_path.iterdir()] == []


def test_a_place_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(PlatformUnavailable, match="PACKAGER_DEPLOYMENTS"), DeploymentFolder(tmp_path / "file/x").held():
        pass


def test_the_default_key_of_the_host(tmp_path):
    folder = DeploymentFolder(tmp_path)
    folder.prepare("app")
    assert folder.key() == ""
    keys = {"functionKeys": [{"name": "other", "value": "o"}, {"name": "default", "value": "d"}]}
    (folder.data / "keys" / "host.json").write_text(json.dumps(keys))

    assert folder.key() == "d"
    assert (folder.data / "storage").is_dir()


def test_only_what_is_marked_is_a_deployment(tmp_path):
    folder = DeploymentFolder(tmp_path / "place")
    folder.path.mkdir()
    folder.check(may_be_new=True)
    (folder.path / "precious").touch()
    (folder.path / "state.json").write_text('{"of": "others"}')

    for call in (lambda: folder.check(may_be_new=True), folder.remove):
        with pytest.raises(InvalidDeployment, match="holds no deployment but something else"):
            call()
    assert (folder.path / "precious").exists()
    folder.prepare("app")
    folder.remove()
    assert not folder.path.exists()


def test_a_damaged_state_is_named(tmp_path):
    folder = DeploymentFolder(tmp_path)
    for text in ("{", "[]"):
        (tmp_path / "state.json").write_text(text)
        with pytest.raises(PlatformUnavailable, match=r"state\.json is damaged .*packager deploy delete"):
            folder.state()
    assert not folder.is_marked()
