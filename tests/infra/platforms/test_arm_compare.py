import pytest

from infra.platforms.arm_compare import differences, earlier, is_made_anew
from infra.platforms.arm_values import UNKNOWN, SecretText

SETTINGS = {"properties": {"siteConfig": {"appSettings": [{"name": "A", "value": "1"}]}}}


def _settings(**values):
    listed = [{"name": name, "value": value} for name, value in values.items()]
    return {"properties": {"siteConfig": {"appSettings": listed}}}


@pytest.mark.parametrize(
    ("wanted", "actual"),
    [
        ({"apiVersion": "1", "location": "westeurope"}, {"location": "West Europe", "id": "x"}),
        ({"properties": {"a": None}}, {"properties": {}}),
        ({"properties": {"cpu": 1.0, "memory": "1"}}, {"properties": {"cpu": 1, "memory": 1}}),
        ({"kind": "functionapp,linux"}, {"kind": "FunctionApp,Linux"}),
        ({"properties": {"plan": "/subscriptions/S/a"}}, {"properties": {"plan": "/subscriptions/s/A"}}),
        (
            {"identity": {"userAssignedIdentities": {"/Sub/A": {}}}},
            {"identity": {"userAssignedIdentities": {"/sub/a": {}}}},
        ),
        ({"properties": {"topicType": "Microsoft.Storage.X"}}, {"properties": {"topicType": "microsoft.storage.x"}}),
        ({"properties": {"Name": "x"}}, {"properties": {"name": "x"}}),
        (_settings(A="1", B="2"), _settings(B="2", A="1")),
        ({"properties": {"configuration": {}}}, {"properties": {"ipAddress": None, "configuration": {"secrets": []}}}),
    ],
)
def test_what_azure_makes_of_it_is_no_difference(wanted, actual) -> None:
    assert differences(wanted, actual) == ()


@pytest.mark.parametrize(
    ("wanted", "actual", "told"),
    [
        ({"sku": {"name": "P1v3"}}, {"sku": {"name": "B1"}}, "sku.name: 'B1' -> 'P1v3'"),
        ({"properties": {"on": True}}, {"properties": {}}, "properties.on: nothing -> True"),
        ({"properties": {"on": True}}, {"properties": {"on": "True"}}, "properties.on: 'True' -> True"),
        ({"tags": {"a": "B"}}, {"tags": {"a": "b"}}, "tags.a: 'b' -> 'B'"),
        ({"properties": {"ports": [1]}}, {"properties": {"ports": [1, 2]}}, "properties.ports: 2 -> 1 entries"),
        ({"properties": {"ports": [1]}}, {"properties": {"ports": [2]}}, "properties.ports[0]: 2 -> 1"),
        (
            {"identity": {"userAssignedIdentities": {"/sub/a": {}}}},
            {"identity": {}},
            "identity.userAssignedIdentities./sub/a: added",
        ),
        ({"properties": {"id": UNKNOWN}}, {"properties": {"id": "x"}}, f"properties.id: {UNKNOWN}"),
        ({"properties": {"key": SecretText("new")}}, {"properties": {"key": "old"}}, "properties.key: changed"),
        (_settings(A="2"), SETTINGS, "A: changed"),
        (_settings(A="1", B="2"), SETTINGS, "B: added"),
        (_settings(), _settings(A="1"), "A: removed"),
        ({"properties": {}}, {"properties": {"ipAddress": {"type": "Public"}}}, "properties.ipAddress: removed"),
        (
            {"properties": {"configuration": {}}},
            {"properties": {"configuration": {"registries": [{"server": "r"}]}}},
            "properties.configuration.registries: removed",
        ),
        (
            {"properties": {"containers": [{"name": "app", "env": [{"name": "A", "value": "2"}]}]}},
            {"properties": {"containers": [{"name": "app", "env": [{"name": "A", "value": "1"}]}]}},
            "A: changed",
        ),
    ],
)
def test_tells_what_differs(wanted, actual, told) -> None:
    assert differences(wanted, actual) == (told,)


@pytest.mark.parametrize(
    ("detail", "anew"),
    [
        ("properties.containers[app].properties.resources.requests.cpu: 1.0 -> 2.0", True),
        ("properties.ipAddress: removed", True),
        ("properties.ipAddress.type: nothing -> 'Public'", True),
        ("properties.ipAddress.dnsNameLabel: 'a' -> 'b'", False),
        ("COLOUR: changed", False),
    ],
)
def test_what_azure_changes_in_no_container_group(detail, anew) -> None:
    assert is_made_anew(["properties.x: 1 -> 2", detail]) == anew


def test_what_was_before_takes_the_place_of_what_is_wanted() -> None:
    wanted = {"image": "2", "new": 1, "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "2"}]}
    was = {"image": "1", "id": "x", "env": [{"name": "A", "value": "1", "more": 1}, {"name": "C", "value": "1"}]}

    assert earlier(wanted, was) == {
        "image": "1",
        "new": 1,
        "env": [{"name": "A", "value": "1"}, {"name": "C", "value": "1"}],
    }
