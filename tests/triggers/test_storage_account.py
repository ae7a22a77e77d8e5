import sys
from types import SimpleNamespace

import pytest

from triggers.connections import Connection
from triggers.errors import ConnectionNotConfigured
from triggers.storage_account import connection_string, credential_maker, service_url

KINDS = (
    "DefaultAzureCredential", "ManagedIdentityCredential", "WorkloadIdentityCredential", "ClientSecretCredential",
)  # fmt: skip


def text(value: str) -> Connection:
    return Connection(setting="Store", wanted_by="f", text=value)


def section(**values: str) -> Connection:
    return Connection(setting="Store", wanted_by="f", section=values)


def test_the_emulator_has_all_three_services():
    found = connection_string(text("UseDevelopmentStorage=true;"), "queue")
    assert all(f"127.0.0.1:{port}" in found for port in (10000, 10001, 10002))


def test_a_signed_endpoint_must_be_that_of_the_service():
    signed = text("QueueEndpoint=https://q;SharedAccessSignature=sig")
    assert connection_string(signed, "queue") == signed.text
    with pytest.raises(ConnectionNotConfigured, match="TableEndpoint and SharedAccessSignature"):
        connection_string(signed, "table")


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({"accountname": "acc"}, "https://acc.queue.core.windows.net"),
        ({"queueserviceuri": "https://q", "serviceuri": "https://s"}, "https://q"),
        ({"serviceuri": "https://s"}, "https://s"),
    ],
)
def test_a_section_names_the_service(values, url):
    assert service_url(section(**values), "queue") == url


def test_a_section_without_an_account_is_told_what_to_set():
    with pytest.raises(ConnectionNotConfigured, match="'Store__queueServiceUri' or 'Store__accountName'"):
        service_url(section(clientid="x"), "queue")


@pytest.mark.parametrize(
    ("values", "kind", "given"),
    [
        ({}, "DefaultAzureCredential", {"managed_identity_client_id": None}),
        ({"credential": "managedidentity", "clientid": "c"}, "ManagedIdentityCredential", {"client_id": "c"}),
        (
            {"credential": "ManagedIdentity", "managedidentityresourceid": "r"}, "ManagedIdentityCredential",
            {"identity_config": {"resource_id": "r"}},
        ),
        (
            {"credential": "workloadidentity", "tokenfilepath": "/t"}, "WorkloadIdentityCredential",
            {"token_file_path": "/t"},
        ),
        ({"tenantid": "t", "clientid": "c", "clientsecret": "s"}, "ClientSecretCredential", ("t", "c", "s")),
    ],
)  # fmt: skip
def test_a_section_chooses_its_credential(values, kind, given, monkeypatch):
    made = []
    fake = SimpleNamespace()
    for name in ("Default", "Managed", "Workload", "Client"):
        full = next(n for n in KINDS if n.startswith(name))
        setattr(fake, full, lambda *args, _full=full, **options: made.append((_full, args or options)))
    monkeypatch.setitem(sys.modules, "azure.identity.aio", fake)
    make = credential_maker(section(accountname="a", **values))
    assert made == []
    make()
    assert made == [(kind, given)]
