import sys

import pytest
from azure.servicebus.aio import ServiceBusClient

from triggers.connections import Connection
from triggers.errors import ConnectionNotConfigured
from triggers.service_bus_client import ServiceBus
from triggers.service_bus_connection import check_connection_string, namespace, open_bus, open_namespace
from triggers.service_bus_settings import ServiceBusSettings

KEYED = "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=k="
LOCAL = "Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true;"


@pytest.mark.parametrize("setting", ["Bus", "AzureWebJobsBus", "ConnectionStrings:Bus"])
async def test_a_connection_string_may_stand_where_azure_looks(setting):
    bus = open_namespace({setting: KEYED}, "Bus", ServiceBusSettings(), wanted_by="a test")
    assert isinstance(bus, ServiceBus)
    await bus.close()


async def test_the_local_bus_is_a_connection_string_with_its_port():
    client = open_bus({"AzureWebJobsServiceBus": LOCAL}, "", wanted_by="a test")
    assert isinstance(client, ServiceBusClient)
    assert client.fully_qualified_namespace == "127.0.0.1:5672"
    await client.close()


def test_a_setting_that_is_missing_is_named_with_the_ways_out():
    with pytest.raises(
        ConnectionNotConfigured, match=r"'Bus' is not set.*Endpoint=sb://.*Bus__fullyQualifiedNamespace"
    ):
        open_bus({}, "Bus", wanted_by="a test")


@pytest.mark.parametrize("text", ["x", "Endpoint=sb://h", KEYED.replace("SharedAccessKeyName=n;", "")])
def test_what_is_no_connection_string_is_refused_without_telling_it(text):
    with pytest.raises(ConnectionNotConfigured, match=r"'Bus'.*needs Endpoint, and SharedAccessKeyName") as caught:
        check_connection_string(Connection(setting="Bus", wanted_by="a test", text=text))
    assert "sb://" not in str(caught.value)


@pytest.mark.parametrize("name", ["x.servicebus.windows.net", "sb://x.servicebus.windows.net/"])
def test_a_namespace_by_name(name):
    section = {"fullyqualifiednamespace": name}
    assert namespace(Connection(setting="Bus", wanted_by="t", section=section)) == "x.servicebus.windows.net"


def test_a_section_without_a_namespace_is_refused():
    with pytest.raises(ConnectionNotConfigured, match="set 'Bus__fullyQualifiedNamespace', or 'Bus' to a connection"):
        open_bus({"Bus__clientId": "x"}, "Bus", wanted_by="a test")


def test_the_sdk_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "azure.servicebus.aio", None)
    with pytest.raises(ConnectionNotConfigured, match=r"install functions-packager\[service_bus\]"):
        open_bus({"Bus": KEYED}, "Bus", wanted_by="a test")
