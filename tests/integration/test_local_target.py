"""The target `local` with a real engine: deployed, updated, rolled back, watched and removed."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.servicebus import ServiceBusClient, ServiceBusMessage

from infra.contract import Deployment, Secret
from infra.deploying import deploy, deployed, deployment_logs, plan, specify, undeploy
from infra.errors import ApplyFailed, NeverReady
from infra.storage import open_storage
from tests.support import small_images

pytestmark = pytest.mark.docker

PYTHON = "/opt/venv/bin/python"
PATHS = {"input_path": "input/{name}.json", "output_path": "output/{name}_out.json"}
PATIENCE = 30.0


@pytest.fixture(scope="module")
def images(docker_engine, python_base, tmp_path_factory) -> Iterator[tuple[str, str]]:
    """Two versions of one app, with an HTTP and a blob trigger."""
    source = tmp_path_factory.mktemp("source")
    names = [
        small_images.app_image(
            docker_engine, python_base, source / str(version), f"local-target:{version}", {"http": {}, "blob": PATHS}
        )
        for version in (1, 2)
    ]
    yield names[0], names[1]
    for name in names:
        docker_engine.client.images.remove(name, force=True)


@pytest.fixture
def place(tmp_path, docker_engine):
    """Makes specifications of one deployment in a folder of its own, and takes it away."""
    folder = tmp_path / "deployment"

    def spec(image: str | None = None, settings: dict | None = None, **options: object):
        name = f"docker:{image}" if image else None
        return specify(name, "local", name="app", settings=settings, folder=str(folder), **options)

    yield spec
    undeploy(spec())
    assert not folder.exists()
    label = f"functions-packager.deployment={folder}"
    assert docker_engine.client.containers.list(all=True, filters={"label": label}) == []


def ask(found: Deployment, body: dict) -> dict:
    headers = {"x-functions-key": found.key}
    request = urllib.request.Request(f"{found.url}/api/score", data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.loads(answer.read())


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def eventually(look):
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def container_of(docker_engine, found: Deployment):
    return docker_engine.client.containers.get(found.details["container"])


def test_it_answers_and_a_second_time_changes_nothing(place, images, docker_engine, monkeypatch):
    monkeypatch.setenv("THE_SECRET", "hunter2")
    settings = {"GREETING": Secret(variable="THE_SECRET"), "DOCKER_REGISTRY_SERVER_USERNAME": "me"}
    spec = place(images[0], settings)

    first = deploy(spec)
    again = deploy(spec)

    assert ask(first, {"data": [1, 2]}) == {"sum": 3, "version": 1, "greeting": "hunter2"}
    assert first.details["container"] == again.details["container"]
    assert {each.action for each in plan(spec)} == {"none"}
    attrs = container_of(docker_engine, first).attrs
    variables = dict(pair.split("=", 1) for pair in attrs["Config"]["Env"])
    assert variables["APPSETTING_GREETING"] == "hunter2"
    assert variables["WEBSITE_SITE_NAME"] == "app"
    assert f"http://{variables['WEBSITE_HOSTNAME']}" == first.url
    assert not any(name.startswith("DOCKER_REGISTRY") for name in variables)
    assert attrs["HostConfig"]["ReadonlyRootfs"]
    assert attrs["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    folder = Path(first.details["folder"])
    assert not any("hunter2" in file.read_text() for file in folder.glob("*.json"))


@pytest.mark.azurite
def test_a_blob_in_azurite_is_answered(place, images):
    found = deploy(place(images[0], storage="azurite"))
    connection = json.loads((Path(found.details["folder"]) / "state.json").read_text())["connections"]["storage"]
    account = open_storage(connection)

    account.put("input", "a.json", b'{"data": [4, 5]}')
    answer = eventually(lambda: account.get("output", "a_out.json"))

    assert json.loads(answer)["sum"] == 9


@pytest.mark.service_bus
def test_messages_go_on_after_an_update(place, docker_engine, python_base, tmp_path):
    queues = {"service_bus_queue": {"input_queue_name": "in", "output_queue_name": "out"}}
    names = [
        small_images.app_image(docker_engine, python_base, tmp_path / "source", f"local-bus:{version}", queues)
        for version in (1, 2)
    ]
    answers = []
    try:
        for name in names:
            found = deploy(place(name))
            state = json.loads((Path(found.details["folder"]) / "state.json").read_text())
            with (
                ServiceBusClient.from_connection_string(state["connections"]["service_bus"]) as client,
                client.get_queue_sender("in") as sender,
                client.get_queue_receiver("out") as receiver,
            ):
                sender.send_messages(ServiceBusMessage(b'{"data": [2, 2]}'))
                (message,) = receiver.receive_messages(1, max_wait_time=PATIENCE)
                answers.append(json.loads(b"".join(message.body)))
                receiver.complete_message(message)
    finally:
        undeploy(place())
        for name in names:
            docker_engine.client.images.remove(name, force=True)

    assert [(each["sum"], each["version"]) for each in answers] == [(4, 1), (4, 2)]


def test_blobs_in_the_folder_account_go_on_after_an_update(place, images):
    found = deploy(place(images[0]))
    account = open_storage(f"folder:{found.details['folder']}/data/storage")
    account.put("input", "a.json", b'{"data": [1]}')
    first = eventually(lambda: account.get("output", "a_out.json"))

    deploy(place(images[1]))
    account.put("input", "b.json", b'{"data": [1]}')
    second = eventually(lambda: account.get("output", "b_out.json"))

    assert [json.loads(each)["version"] for each in (first, second)] == [1, 2]


def test_an_update_waits_for_the_requests_of_the_old_one(place, images):
    found = deploy(place(images[0]))
    answers: list[dict] = []
    slow = threading.Thread(target=lambda: answers.append(ask(found, {"data": [1], "seconds": 2})))
    slow.start()
    time.sleep(0.2)

    changed = plan(place(images[1]))
    updated = deploy(place(images[1]))
    slow.join()

    assert answers[0]["version"] == 1
    assert updated.url == found.url
    assert updated.key == found.key
    assert ask(updated, {"data": [1]})["version"] == 2
    assert changed[-1].details == (f"image: '{images[0]}' -> '{images[1]}'",)


def test_a_change_of_settings_starts_a_new_one_first(place, images):
    before = deploy(place(images[0], {"GREETING": "old"}))
    changed = plan(place(images[0], {"GREETING": "new"}))

    after = deploy(place(images[0], {"GREETING": "new"}))

    assert changed[-1].details == ("setting GREETING: changed",)
    assert before.details["container"] != after.details["container"]
    assert ask(after, {"data": []})["greeting"] == "new"


def test_a_broken_image_is_rolled_back(place, images, docker_engine):
    found = deploy(place(images[0]))
    broken = [PYTHON, "-c", "print('I cannot'); raise SystemExit(3)", "function_host"]
    with small_images.with_command(docker_engine, images[0], "local-target:broken", broken) as image:
        with pytest.raises(NeverReady, match="exit code 3") as caught:
            deploy(place(image))

        assert caught.value.output == "I cannot"
        assert ask(found, {"data": []})["version"] == 1
        still = deployed(place())
        assert (still.state, still.image) == ("running", images[0])
        assert "exit code 3" in still.details["reason"]


def test_an_image_that_is_not_there_changes_nothing(place, images):
    found = deploy(place(images[0]))
    spec = place(images[0])
    missing = specify(
        spec.image.__class__(reference="127.0.0.1:1/nothing:1", host="functions"),
        "local",
        name="app",
        folder=found.details["folder"],
    )

    with pytest.raises(ApplyFailed, match=r"Image pull failed: 127\.0\.0\.1:1/nothing:1"):
        deploy(missing)

    assert ask(found, {"data": []})["version"] == 1


def test_a_slow_start_is_waited_for_and_one_that_takes_too_long_is_not(place, images):
    found = deploy(place(images[0], {"INIT_SECONDS": "2"}))

    with pytest.raises(NeverReady, match="did not answer /health/ready within 1 seconds"):
        deploy(place(images[0], {"INIT_SECONDS": "60", "WEBSITES_CONTAINER_START_TIME_LIMIT": "1"}))

    assert ask(found, {"data": []})["version"] == 1


def test_a_first_deployment_that_fails_says_why(place, docker_engine, images):
    broken = [PYTHON, "-c", "print('I cannot'); raise SystemExit(3)", "function_host"]
    image = small_images.with_command(docker_engine, images[0], "local-target:broken", broken)

    with image as name, pytest.raises(NeverReady):
        deploy(place(name))

    found = deployed(place())
    assert found.state == "failed"
    assert "exit code 3" in found.details["reason"]
    assert list(deployment_logs(place())) == ["I cannot"]


def test_an_image_of_others_that_gets_ill_is_started_again(place, python_base, docker_engine):
    command = ["python3", "-c", small_images.SERVER]
    with small_images.with_command(docker_engine, python_base, "local-target:other", command, port=8123) as image:
        health = {"health_check_path": "/", "health_check_interval": 0.2, "health_check_failures": 2}
        found = deploy(place(image, network="bridge", **health))
        status, _ = get(f"{found.url}/sick")
        started = container_of(docker_engine, found).attrs["State"]["StartedAt"]

        eventually(lambda: get(found.url)[0] == 200 or None)

        assert status == 500
        attrs = container_of(docker_engine, found).attrs
        assert attrs["State"]["StartedAt"] > started
        assert "PORT=8123" in attrs["Config"]["Env"]


def test_logs_are_followed_from_one_container_to_the_next(place, images):
    deploy(place(images[0]))
    lines: list[str] = []
    following = deployment_logs(place(), follow=True)
    reader = threading.Thread(target=lambda: lines.extend(iter(lambda: next(following, None), None)))
    reader.start()

    deploy(place(images[1]))
    eventually(lambda: sum(line.startswith("Listening on") for line in lines) == 2 or None)
    undeploy(place())
    reader.join(PATIENCE)

    assert not reader.is_alive()
