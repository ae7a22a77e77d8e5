"""The doctor with a real Azurite, and with the Service Bus emulator."""

import uuid

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from infra import doctor
from infra.emulators.service_bus import NamespaceConfig, ServiceBusEmulator, running
from tests.support.deployments import image, spec


def of(findings, *checks):
    return [(each.level, each.message) for each in findings if each.check in checks and each.level != "ok"]


@pytest.mark.azurite
def test_containers_queues_and_what_was_given_up(azurite):
    some = uuid.uuid4().hex[:8]
    blob = {"input_path": f"in{some}/{{name}}.json", "output_path": f"out{some}/{{name}}.json"}
    queue = {"input_queue": f"work{some}", "connection": "TriggerConnectionString"}
    settings = {"TriggerConnectionString": azurite.connection_string}
    wanted = spec("local", of=image({"blob": blob, "storage_queue": queue}), settings=settings)
    missing = [message for _, message in of(doctor(wanted), "storage")]
    assert f"The container 'in{some}' is not there." in missing
    assert f"The queue 'work{some}' is not there." in missing
    assert of(doctor(wanted, fix=True), "storage") == []
    assert of(doctor(wanted), "storage") == []
    with BlobServiceClient.from_connection_string(azurite.connection_string) as blobs:
        assert blobs.get_container_client(f"out{some}").exists()
    with QueueServiceClient.from_connection_string(azurite.connection_string) as queues:
        queues.create_queue(f"work{some}-poison").send_message("x")
    assert ("warning", f"About 1 events that were given up are in the queue 'work{some}-poison'.") in of(
        doctor(wanted), "poison"
    )


@pytest.mark.azurite
def test_a_wrong_key_and_a_port_where_nobody_listens(azurite):
    def judged(text):
        return of(doctor(spec("local", settings={"TriggerConnectionString": text})), "storage")

    key = azurite.connection_string.split("AccountKey=")[1].split(";")[0]
    ((level, message),) = judged(azurite.connection_string.replace(key, "d3Jvbmc="))
    assert (level, "AuthorizationFailure" in message or "AuthenticationFailed" in message) == ("error", True), message
    ((level, message),) = judged(azurite.connection_string.replace(f":{azurite.blob_port}", ":1"))
    assert (level, "ServiceRequestError" in message) == ("error", True), message


@pytest.mark.service_bus
def test_queues_of_service_bus_and_their_dead_letters():
    function = image({"service_bus_queue": {}})
    names = [each.option("queueName") for each in (function.functions[0].trigger, *function.functions[0].outputs)]
    with running(ServiceBusEmulator(config=NamespaceConfig.of(queues=names[:1]))) as bus:
        wanted = spec("local", of=function, settings={"ServiceBusConnectionString": bus.connection_string})
        missing = of(doctor(wanted), "service_bus")
        assert len(missing) == len(set(names[1:]))
        assert all(level == "error" for level, _ in missing)
        with (
            ServiceBusClient.from_connection_string(bus.connection_string) as client,
            client.get_queue_sender(names[0]) as sender,
            client.get_queue_receiver(names[0]) as receiver,
        ):
            sender.send_messages(ServiceBusMessage("x"))
            receiver.dead_letter_message(receiver.receive_messages(1)[0])
        assert [level for level, _ in of(doctor(wanted), "poison")] == ["warning"]
