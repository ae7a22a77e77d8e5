import pytest

from infra import app_image as module
from infra.app_image import app_image, functions_of_triggers
from packager.inspecting_report import ImageContract, LayerInfo, PlatformImage
from triggers.errors import UnknownTrigger

BLOB = {"blob": {"input_path": "inputs/{name}.json", "output_path": "outputs/{name}.json"}}


def contract(**changed):
    layers = (LayerInfo(digest="sha256:0", size=1),)
    return ImageContract(
        **{
            "reference": "registry.example.com/a:1",
            "digest": "sha256:abc",
            "labels": {"functions-packager.triggers": '{"http": {}, "service_bus_queue": {"input_queue_name": "in", '
                       '"output_queue_name": "out"}}'},
            "images": [PlatformImage(platform="linux/arm64", digest="sha256:1", layers=layers)],
            "command": ["/opt/venv/bin/python", "-m", "function_host", "start"],
            **changed,
        }
    )  # fmt: skip


def test_functions_have_the_bindings_that_hosts_see():
    (function,) = functions_of_triggers(BLOB)
    assert (function.name, function.trigger.type) == ("score_blob", "blobTrigger")
    assert function.trigger.option("path") == "inputs/{name}.json"
    assert [each.option("path") for each in function.outputs] == ["outputs/{name}.json"]


def test_no_triggers_are_a_plain_web_service():
    assert functions_of_triggers({}) == ()


def test_a_trigger_of_another_distribution_is_named():
    with pytest.raises(UnknownTrigger, match="'carrier_pigeon'"):
        functions_of_triggers({"carrier_pigeon": {}})


def test_an_image_is_pinned_and_says_what_it_reads(monkeypatch):
    monkeypatch.setattr(module, "inspect_image", lambda *_, **__: contract())
    found = app_image("registry.example.com/a:1")
    assert found.reference == "registry.example.com/a:1@sha256:abc"
    assert [each.name for each in found.functions] == ["score_http", "score_bus_message"]
    assert [*found.connections] == ["ServiceBusConnectionString"]
    assert (found.platforms, found.port, found.host) == (("linux/arm64",), 8080, "functions")


def test_an_image_of_microsofts_host_in_an_engine(monkeypatch):
    said = contract(reference="docker:a:1", command=[], labels={})
    monkeypatch.setattr(module, "inspect_image", lambda *_, **__: said)
    found = app_image("docker:a:1")
    assert (found.reference, found.port, found.host) == ("a:1", 80, "azure_functions")
    assert found.is_web_service
