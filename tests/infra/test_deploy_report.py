from infra.app_image import functions_of_triggers
from infra.contract import AppImage, Change, Deployment, DeploymentSpec
from infra.deploy_report import describe_changes, describe_deployment

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
