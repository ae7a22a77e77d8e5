import pytest

from function_host.errors import ConfigError
from function_host.keys import BlobKeyStore, FileKeyStore, KeyRing, MemoryKeyStore, MountedKeyStore, choose_key_store

AZURITE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({}, MemoryKeyStore),
        ({"AzureWebJobsStorage": ""}, MemoryKeyStore),
        (AZURITE, BlobKeyStore),
        ({"functions_secrets_path": "/keys", **AZURITE}, FileKeyStore),
        ({"FUNCTIONS_SECRETS_PATH": "/keys", "AzureWebJobsSecretStorageType": "Blob", **AZURITE}, BlobKeyStore),
        ({"FUNCTIONS_SECRETS_PATH": "/keys", "AzureWebJobsSecretStorageType": "Files", **AZURITE}, FileKeyStore),
        ({"AzureWebJobsStorage": "folder:/data"}, FileKeyStore),
        ({"AzureWebJobsSecretStorageType": "Kubernetes", **AZURITE}, MountedKeyStore),
        ({"AzureWebJobsStorage": "folder:/data", "AzureWebJobsSecretStorageType": "files"}, FileKeyStore),
    ],
)
def test_the_settings_choose(settings, kind, tmp_path):
    assert type(choose_key_store(settings, "h", tmp_path)) is kind


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"AzureWebJobsSecretStorageType": "keyvault"}, "'keyvault', which this host does not have. Set it to 'files'"),
        (
            {"AzureWebJobsSecretStorageType": "kubernetes", "AzureWebJobsKubernetesSecretName": "s"},
            "does not ask the cluster. Mount that Secret at /run/secrets/functions-keys",
        ),
        ({"AzureWebJobsSecretStorageType": "files", **AZURITE}, "'FUNCTIONS_SECRETS_PATH' names no folder"),
        ({"AzureWebJobsSecretStorageType": "blob"}, "'AzureWebJobsStorage' is no storage account"),
        (
            {"AzureWebJobsSecretStorageType": "blob", "AzureWebJobsStorage": "nonsense"},
            "'AzureWebJobsStorage', which the host's keys connects with, is no connection string",
        ),
    ],
)
def test_what_cannot_be_is_told(settings, told, tmp_path):
    with pytest.raises(ConfigError, match=told):
        choose_key_store(settings, "h", tmp_path)


async def test_a_relative_path_starts_where_the_host_was_started(tmp_path):
    await KeyRing(choose_key_store({"FUNCTIONS_SECRETS_PATH": "keys"}, "h", tmp_path)).prepare()
    assert (tmp_path / "keys" / "host.json").is_file()


async def test_keys_of_a_folder_account_are_below_the_apps_name(tmp_path):
    settings = {"AzureWebJobsStorage": f"folder:{tmp_path}"}
    await KeyRing(choose_key_store(settings, "my-app", tmp_path)).prepare()
    assert (tmp_path / "azure-webjobs-secrets" / "my-app" / "host.json").is_file()


def test_an_account_that_cannot_be_used_does_not_stop_an_app_that_never_asked_for_it(tmp_path, caplog):
    store = choose_key_store({"AzureWebJobsStorage": "nonsense"}, "h", tmp_path)
    assert type(store) is MemoryKeyStore
    assert "Keys are kept in memory and end with this host: The app setting 'AzureWebJobsStorage'" in caplog.text
