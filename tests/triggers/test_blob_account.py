"""triggers.blob_account"""

import sys

import pytest

from triggers.blob_account import find_account, host_account, open_account
from triggers.errors import ConnectionNotConfigured
from triggers.local_folder import LocalFolder


def opened(**settings: str):
    return open_account(find_account(settings, "C", wanted_by="function 'f'"))


def test_a_folder_is_an_account(tmp_path):
    assert isinstance(opened(C=f"folder:{tmp_path}").blobs, LocalFolder)


def test_a_relative_folder_is_refused():
    with pytest.raises(ConnectionNotConfigured, match="'data'; it must be an absolute path"):
        opened(C="folder:data")


@pytest.mark.parametrize("text", ["UseDevelopmentStorage=true", "usedevelopmentstorage=TRUE;"])
async def test_development_storage_is_azurite(text):
    account = opened(C=text)
    assert account.blobs._service.client.primary_hostname == "127.0.0.1:10000/devstoreaccount1"
    await account.blobs.close()


@pytest.mark.parametrize("text", ["nonsense", "AccountName=x", "AccountKey=x", "BlobEndpoint=http://x"])
def test_what_is_no_connection_string_is_refused_without_showing_it(text):
    with pytest.raises(ConnectionNotConfigured, match="'C', which function 'f'") as caught:
        opened(C=text)
    assert text not in str(caught.value).partition("it needs")[0]


def test_an_account_key_must_be_one():
    with pytest.raises(ConnectionNotConfigured, match="'C'"):
        opened(C="AccountName=x;AccountKey=not base64!")


def test_identity_needs_its_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "azure.identity.aio", None)
    with pytest.raises(ConnectionNotConfigured, match="azure-identity is not installed"):
        opened(C__accountName="acc")


def test_an_identity_section_without_an_account_is_refused():
    with pytest.raises(ConnectionNotConfigured, match="C__blobServiceUri"):
        opened(C__credential="managedidentity")


def test_a_missing_sdk_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(ConnectionNotConfigured, match=r"install functions-packager\[blob\]"):
        opened(C="UseDevelopmentStorage=true")


def test_the_hosts_own_account_may_be_missing_or_a_section():
    assert host_account({"Other": "x"}, wanted_by="f") is None
    found = host_account({"azurewebjobsstorage__accountName": "acc"}, wanted_by="f")
    assert found is not None
    assert found.section == {"accountname": "acc"}
