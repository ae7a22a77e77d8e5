import pytest

from infra.contract import AppFunction, Secret, Size
from infra.doctor_settings import see_settings
from tests.support.deployments import image, spec
from tests.support.kubernetes_objects import CONNECTIONS
from triggers.contract import Binding


def seen(target="app_service", **said):
    return list(see_settings(spec(target, **said)))


def bad(target="app_service", **said):
    return [(each.level, each.check, each.message) for each in seen(target, **said) if each.level != "ok"]


def function(name, takes, *writes):
    trigger = Binding(type="blobTrigger", name="blob", direction="in", options={"path": takes, "connection": "A"})
    outputs = [
        Binding(type="blob", name="o", direction="out", options={"path": to, "connection": "A"}) for to in writes
    ]
    return AppFunction(name=name, trigger=trigger, outputs=tuple(outputs))


def looping(*functions):
    return [
        message
        for _, check, message in bad(of=image(functions=functions, connections={}))
        if check == "patterns"
    ]  # fmt: skip


@pytest.mark.parametrize("target", ["functions", "app_service", "container_instances", "container_apps", "local"])
def test_nothing_is_wrong_with_what_is_packaged(target):
    assert bad(target) == []


def test_what_the_target_provides_is_told():
    (told,) = [each for each in seen() if each.check == "settings"]
    assert (told.level, "'TriggerConnectionString' is not set" in told.message) == ("ok", True)


def test_what_the_target_refuses_is_an_error(monkeypatch):
    ((level, check, message),) = bad("kubernetes")
    assert (level, check) == ("error", "target")
    assert "needs the setting 'TriggerConnectionString'" in message
    both = bad("kubernetes", of=image({"blob": {}, "service_bus_queue": {}}))
    assert [(level, check) for level, check, _ in both] == [("error", "target"), ("error", "settings")]
    assert bad("functions", of=image({}))[0][:2] == ("error", "target")


def test_a_secret_must_be_where_it_is_said_to_be(monkeypatch):
    monkeypatch.delenv("BUS", raising=False)
    monkeypatch.setenv("STORAGE", "x")
    found = bad("kubernetes", settings=CONNECTIONS)
    assert [(level, check, "'BUS', which is not set" in message) for level, check, message in found] == [
        ("error", "settings", True)
    ]
    assert bad(settings={"K": Secret(vault_uri="https://team.vault.azure.net/secrets/k")}) == []


def test_an_empty_connection_is_none():
    found = bad(settings={"TriggerConnectionString": ""})
    assert ("error", "settings") in [each[:2] for each in found]


@pytest.mark.parametrize(
    ("settings", "check"),
    [
        ({"FUNCTIONS_WORKER_RUNTIME": "node"}, "runtime"),
        ({"FUNCTIONS_EXTENSION_VERSION": "~3"}, "runtime"),
        ({"WEBSITES_ENABLE_APP_SERVICE_STORAGE": "True"}, "runtime"),
        ({"WEBSITES_PORT": "many"}, "port"),
        ({"WEBSITES_PORT": "70000"}, "port"),
        ({"WEBSITES_PORT": "9000", "PORT": "9001"}, "port"),
    ],
)
def test_settings_that_keep_the_app_from_working(settings, check):
    assert (("error", check)) in [each[:2] for each in bad(settings=settings)]


@pytest.mark.parametrize(
    "settings",
    [
        {"FUNCTIONS_WORKER_RUNTIME": "Python", "FUNCTIONS_EXTENSION_VERSION": "~4"},
        {"WEBSITES_ENABLE_APP_SERVICE_STORAGE": "false", "WEBSITES_PORT": "9000"},
        {"PORT": "8080"},
    ],
)
def test_settings_that_are_fine(settings):
    assert [each for each in bad(settings=settings) if each[1] in ("runtime", "port")] == []


def test_a_port_that_nobody_asks_at():
    ours = {"settings": {"PORT": "9000"}}
    assert "listens on 8080" in bad("container_apps", **ours)[-1][2]
    theirs = image({}, host="azure_functions", port=80)
    assert "listens on 80" in bad(of=theirs, settings={"WEBSITES_PORT": "9000"})[-1][2]


def test_the_architecture():
    arm = image(platforms=("linux/arm64",))
    assert ("error", "architecture") in [each[:2] for each in bad(of=arm)]
    assert ("warning", "architecture") in [each[:2] for each in bad("local", of=arm)]
    assert bad(of=image(platforms=("linux/arm64", "linux/amd64"))) == []


@pytest.mark.parametrize(
    ("target", "said", "level", "words"),
    [
        ("functions", {"sku": "B1"}, "ok", "gets 1792 MiB; `packager test` tells what it takes"),
        ("container_apps", {}, "ok", "what the target gives by itself"),
        ("container_apps", {"size": Size(memory=2**30)}, "ok", "gets 1024 MiB"),
        ("local", {"size": Size(memory=20 * 2**20)}, "error", "gets 20 MiB, but the host and its Python take 64 MiB"),
        ("kubernetes", {"size": Size(memory=2**30), "memory_limit": 2**29}, "error", "but memory_limit is 512 MiB"),
    ],
)
def test_memory(target, said, level, words):
    of = image({}) if target == "kubernetes" else image()
    (found,) = [each for each in seen(target, of=of, **said) if each.check == "memory"]
    assert (found.level, words in found.message) == (level, True), found


@pytest.mark.parametrize(
    ("functions", "way"),
    [
        ([("one", "input/{name}", "input/{name}.out")], "one -> one"),
        ([("one", "input/{name}.json", "output/{name}.txt"), ("two", "output/{name}", "input/{name}.json")], "one"),
        ([("one", "input/{name}", "middle/{name}"), ("two", "middle/{name}", "output/{name}")], ""),
        ([("one", "input/{name}.json", "input/{name}.txt")], ""),
        ([("one", "input/{name}", "%container%/{name")], ""),
    ],
)
def test_patterns_that_feed_themselves(functions, way):
    found = looping(*(function(*each) for each in functions))
    assert [way in message for message in found] == ([True] if way else [])


def test_queues_that_feed_themselves():
    options = {"queueName": "Work", "connection": "A"}
    trigger = Binding(type="queueTrigger", name="m", direction="in", options=options)
    back = Binding(type="queue", name="o", direction="out", options={**options, "queueName": "work"})
    elsewhere = Binding(type="queue", name="o", direction="out", options={**options, "connection": "B"})
    assert looping(AppFunction(name="one", trigger=trigger, outputs=(back,)))
    assert not looping(AppFunction(name="one", trigger=trigger, outputs=(elsewhere,)))
