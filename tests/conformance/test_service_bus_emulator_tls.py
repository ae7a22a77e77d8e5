"""The emulator with TLS: the real client reaches it at a custom endpoint, with the certificate that it is given."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage, TransportType
from azure.servicebus.aio import ServiceBusClient as AsyncServiceBusClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.emulators.service_bus import NamespaceConfig, ServiceBusEmulator, running

pytestmark = pytest.mark.service_bus


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a certificate of 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    number, tomorrow = x509.random_serial_number(), now + timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), number, now, tomorrow)
    signed = made.add_extension(address, critical=False).sign(key, hashes.SHA256())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(signed.public_bytes(pem) + secret)
    return file


@pytest.fixture(scope="module")
def connection(certificate):
    """What a client needs to know."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with running(ServiceBusEmulator(config=NamespaceConfig.of(queues=["q"]), tls=context)) as emulator:
        text = emulator.connection_string
        yield {
            "conn_str": text,
            "custom_endpoint_address": text.partition(";")[0].removeprefix("Endpoint="),
            "transport_type": TransportType.Amqp,
            "connection_verify": str(certificate),
            "retry_total": 0,
        }


def test_the_sync_client(connection) -> None:
    with ServiceBusClient.from_connection_string(**connection) as client:
        with client.get_queue_sender("q") as sender:
            sender.send_messages(ServiceBusMessage(b"x" * 100_000))
        with client.get_queue_receiver("q") as receiver:
            (message,) = receiver.receive_messages(max_wait_time=5)
            receiver.complete_message(message)

    assert b"".join(message.body) == b"x" * 100_000


async def test_the_async_client(connection) -> None:
    async with AsyncServiceBusClient.from_connection_string(**connection) as client:
        async with client.get_queue_sender("q") as sender:
            await sender.send_messages(ServiceBusMessage(b"x" * 100_000))
        async with client.get_queue_receiver("q") as receiver:
            (message,) = await receiver.receive_messages(max_wait_time=5)
            await receiver.complete_message(message)

    assert b"".join(message.body) == b"x" * 100_000
