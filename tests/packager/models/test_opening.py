import sys
from types import SimpleNamespace

import pytest

from packager import InvalidModel
from packager.errors import RegistryUnavailable
from packager.models import LocalModelRegistry, MemoryModelRegistry, open_registry
from packager.models.opening import CONNECTION

KEY = "AccountName=acc;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:1/acc"


def test_none_is_the_folder_of_this_machine(packager_home, tmp_path, monkeypatch):
    assert open_registry().root == packager_home / "models"
    monkeypatch.setenv("PACKAGER_REGISTRY", str(tmp_path / "chosen"))
    assert open_registry().root == tmp_path / "chosen"


def test_a_folder(tmp_path):
    for written in (tmp_path, str(tmp_path), f"folder:{tmp_path}"):
        found = open_registry(written)
        assert isinstance(found, LocalModelRegistry)
        assert found.root == tmp_path


def test_a_registry_and_whatever_has_one():
    registry = MemoryModelRegistry()

    assert open_registry(registry) is registry
    assert open_registry(SimpleNamespace(model_registry=registry)) is registry


@pytest.mark.parametrize("workspace", [1, object(), {"name": "ws"}])
def test_anything_else_is_refused(workspace):
    with pytest.raises(InvalidModel, match="is no model registry: give a folder"):
        open_registry(workspace)


def test_a_container_by_connection_string(monkeypatch):
    assert open_registry("blob:models", {CONNECTION: KEY}).root == "http://127.0.0.1:1/acc/models"
    assert open_registry("blob:a@Other", {"Other": KEY}).root == "http://127.0.0.1:1/acc/a"
    monkeypatch.setenv(CONNECTION, "UseDevelopmentStorage=true")
    assert open_registry("blob:models").root == "http://127.0.0.1:10000/devstoreaccount1/models"


def test_a_container_in_a_folder_that_is_an_account(tmp_path):
    assert open_registry("blob:models", {CONNECTION: f"folder:{tmp_path}"}).root == tmp_path / "models"


def test_a_container_by_identity(monkeypatch):
    made = []
    credential = SimpleNamespace(get_token=None)
    identity = SimpleNamespace(ManagedIdentityCredential=lambda **given: made.append(given) or credential)
    monkeypatch.setitem(sys.modules, "azure.identity", identity)
    settings = {
        f"{CONNECTION}__accountName": "acc",
        f"{CONNECTION}__credential": "managedidentity",
        f"{CONNECTION}__clientId": "c",
    }

    assert open_registry("blob:models", settings).root == "https://acc.blob.core.windows.net/models"
    assert made == [{"client_id": "c"}]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "The app setting 'ModelsConnectionString' is not set, but the model registry 'blob:models' connects"),
        ({CONNECTION: "nonsense"}, "is no connection string of a storage account"),
        ({f"{CONNECTION}__clientId": "c"}, "name no account"),
        ({CONNECTION: "folder:relative"}, "must be an absolute path"),
    ],
)
def test_a_container_without_a_connection_is_told_what_to_set(settings, message):
    with pytest.raises(RegistryUnavailable, match=message):
        open_registry("blob:models", settings)


def test_a_missing_sdk_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "azure.storage.blob", None)

    with pytest.raises(RegistryUnavailable, match="needs azure-storage-blob; install"):
        open_registry("blob:models", {CONNECTION: KEY})
