from dataclasses import replace

import pytest

from infra.app_image import functions_of_triggers
from infra.contract import AppImage, Change, Deployment, DeploymentSpec
from infra.deploy_report import describe_changes, describe_deployment

PREFIX = "AzureFunctionsJobHost__extensions__http__routePrefix"
TRIGGERS = {"http": {}, "blob": {}, "service_bus_queue": {"input_queue_name": "in", "output_queue_name": "out"}}


def spec(**image):
    return DeploymentSpec(name="d", target="t", image=AppImage(reference="a:1", **image))


def test_changes():
    told = describe_changes(
        [
            Change(action="create", address="k/x"),
            Change(action="update", address="k/y", details=("sku: 'B1' -> 'P1v3'",)),
            Change(action="none", address="k/z"),
        ]
    )
    assert told.splitlines() == [
        "+ k/x", "~ k/y", "      sku: 'B1' -> 'P1v3'", "  k/z", "", "1 to create, 1 to update."
    ]  # fmt: skip
    assert describe_changes([]).endswith("Nothing would change.")


def test_every_way_in_is_told():
    deployment = Deployment(
        name="d", target="t", state="running", url="http://h/", key="K", details={"storage": "account"}
    )
    told = describe_deployment(deployment, spec(functions=functions_of_triggers(TRIGGERS)))
    assert "  storage    account" in told
    assert "curl -d @request.json -H 'x-functions-key: K' http://h/api/score" in told
    assert "write a blob to input/{blobname}.json; the answer comes to output/{blobname}_out.json" in told
    assert "send a message to in" in told


def test_a_web_service_answers_at_score():
    deployment = Deployment(name="d", target="t", state="running", url="http://h")
    assert "curl -d @request.json http://h/score" in describe_deployment(deployment, spec())


@pytest.mark.parametrize(
    ("options", "settings", "key", "line"),
    [
        ({}, {}, "", 'curl -d @request.json -H "x-functions-key: $FUNCTION_KEY" http://h/api/score'),
        ({}, {}, "a'b", """curl -d @request.json -H 'x-functions-key: a'"'"'b' http://h/api/score"""),
        (
            {"auth_level": "admin"},
            {},
            "K",
            'curl -d @request.json -H "x-functions-key: $MASTER_KEY" http://h/api/score',
        ),
        ({"auth_level": "anonymous"}, {}, "K", "curl -d @request.json http://h/api/score"),
        ({"auth_level": "anonymous", "route": "/x"}, {}, "", "curl -d @request.json http://h/api/x"),
        ({"auth_level": "anonymous", "route": "x/{id?}"}, {}, "", "curl -d @request.json 'http://h/api/x/{id?}'"),
        ({"auth_level": "anonymous"}, {PREFIX: "v1"}, "", "curl -d @request.json http://h/v1/score"),
        ({"auth_level": "anonymous"}, {PREFIX: ""}, "", "curl -d @request.json http://h/score"),
    ],
)
def test_a_line_to_call_it(options, settings, key, line):
    functions = functions_of_triggers({"http": options})
    wanted = replace(spec(functions=functions), settings=settings)
    told = describe_deployment(Deployment(name="d", target="t", state="running", url="http://h/", key=key), wanted)
    assert told.splitlines()[-1] == f"  {line}"
