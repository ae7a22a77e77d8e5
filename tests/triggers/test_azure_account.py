"""triggers.azure_account"""

import sys
from types import SimpleNamespace

import pytest
from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueServiceClient

from tests.contract.connections import account
from triggers.azure_account import AzureClient
from triggers.errors import ConnectionNotConfigured

KINDS = [(BlobServiceClient, "blob", 10000), (QueueServiceClient, "queue", 10001), (TableServiceClient, "table", 10002)]


class Credential:
    """A token credential that keeps what it was made of, and whether it was closed."""

    made: list["Credential"]

    def __init__(self, *given, **options) -> None:
        self.given, self.options, self.closed = given, options, False
        Credential.made.append(self)

    async def get_token(self, *scopes, **options):
        raise AssertionError("Nothing is sent.")

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def identity(monkeypatch):
    Credential.made = []
    names = ("ManagedIdentityCredential", "WorkloadIdentityCredential", "ClientSecretCredential")
    fake = SimpleNamespace(**dict.fromkeys((*names, "DefaultAzureCredential"), Credential))
    monkeypatch.setitem(sys.modules, "azure.identity.aio", fake)
    return Credential.made


@pytest.mark.parametrize(("kind", "service", "port"), KINDS)
async def test_the_client_is_made_on_first_use_and_again_after_closing(kind, service, port):
    azure = AzureClient(kind, service, account("UseDevelopmentStorage=true"))
    first = azure.client
    assert azure.client is first
    assert f"127.0.0.1:{port}/devstoreaccount1" in first.url
    await azure.close()
    assert azure.client is not first
    await azure.close()
    await azure.close()


@pytest.mark.parametrize(("kind", "service", "port"), KINDS)
async def test_an_identity_is_asked_for_when_it_is_needed_and_closed_with_the_client(kind, service, port, identity):
    azure = AzureClient(kind, service, account(accountname="acc"))
    assert identity == []
    assert azure.client.url.rstrip("/") == f"https://acc.{service}.core.windows.net"
    await azure.close()
    assert azure.client
    assert [credential.closed for credential in identity] == [True, False]
    await azure.close()


async def test_a_signature_is_enough(identity):
    azure = AzureClient(BlobServiceClient, "blob", account("BlobEndpoint=https://b;SharedAccessSignature=sig=x"))
    assert azure.client.url.startswith("https://b")
    await azure.close()
    assert identity == []


@pytest.mark.parametrize("text", ["nonsense", "QueueEndpoint=https://q;SharedAccessSignature=sig=x"])
def test_what_names_no_such_service_is_refused_at_once(text):
    with pytest.raises(ConnectionNotConfigured, match="'Store', which a test connects with"):
        AzureClient(BlobServiceClient, "blob", account(text))
