"""The compose file that the target `local` writes, started by Docker Compose: an app with its Azurite."""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

from infra.config import environment
from infra.contract import Secret
from infra.deploying import render, specify
from infra.emulators.azurite import ACCOUNT, KEY
from infra.storage import open_storage
from infra.targets.local_compose import _AZURITE
from tests.support import azurite_image, require, small_images

pytestmark = [pytest.mark.docker, pytest.mark.azurite]

PROGRAM = "docker-compose"
PROJECT = "composed"
LABEL = {"label": f"com.docker.compose.project={PROJECT}"}
PATHS = {"input_path": "input/{name}.json", "output_path": "output/{name}_out.json"}
PATIENCE = 40.0
# The engine chooses free ports, so that a test meets nothing that listens already.
ANY_PORTS = dict.fromkeys(("APP_PORT", "AZURITE_BLOB_PORT", "AZURITE_QUEUE_PORT", "AZURITE_TABLE_PORT"), "0")


@pytest.fixture(scope="module")
def image(docker_engine, python_base, tmp_path_factory) -> Iterator[str]:
    """The app; beside it is the image of Azurite, made here unless the engine has Microsoft's."""
    require(shutil.which(PROGRAM), f"Compose files need `{PROGRAM}` (on Debian: apt-get install docker-compose).")
    require(not azurite_image.missing(), azurite_image.missing())
    made = not docker_engine.client.images.list(name=_AZURITE)
    if made:
        azurite_image.named(docker_engine, python_base, _AZURITE)
    source = tmp_path_factory.mktemp("source")
    name = small_images.app_image(docker_engine, python_base, source, "local-compose:1", {"http": {}, "blob": PATHS})
    yield name
    for each in (name, _AZURITE) if made else (name,):
        docker_engine.client.images.remove(each, force=True)


def compose(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs it in `folder`, after which Compose calls the project."""
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env=environment() | ANY_PORTS | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def folder(tmp_path, image, docker_engine) -> Iterator[Path]:
    """Where the files are rendered; afterwards nothing of the project is left."""
    found = tmp_path / PROJECT
    settings = {"GREETING": Secret(variable="THE_SECRET"), "PRICE": "$5"}
    render(specify(f"docker:{image}", "local", name="app", settings=settings), found)
    yield found
    gone = compose(found, "down", "--volumes", THE_SECRET="hunter2")
    assert gone.returncode == 0, gone.stderr
    assert docker_engine.client.containers.list(all=True, filters=LABEL) == []
    assert docker_engine.client.volumes.list(filters=LABEL) == []
    assert docker_engine.client.networks.list(filters=LABEL) == []


def container_of(docker_engine, service: str):
    filters = {"label": [LABEL["label"], f"com.docker.compose.service={service}"]}
    (found,) = docker_engine.client.containers.list(filters=filters)
    return found


def inside(container) -> str:
    """Its address in the project's network, which this machine reaches whether or not the engine publishes ports."""
    (network,) = container.attrs["NetworkSettings"]["Networks"].values()
    return str(network["IPAddress"])


def account_in(container) -> str:
    """The connection string of Azurite's account."""
    endpoint = f"BlobEndpoint=http://{inside(container)}:10000/{ACCOUNT};"
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoint}"


def key_in(connection: str) -> str | None:
    """The key of all functions, which the host made at its first start; None before."""
    with ContainerClient.from_connection_string(connection, "azure-webjobs-secrets") as secrets:
        try:
            # Beside it are keys of single functions.
            name = next(each for each in secrets.list_blob_names() if each.endswith("/host.json"))
        except (ResourceNotFoundError, StopIteration):
            return None
        return str(json.loads(secrets.download_blob(name).readall())["functionKeys"][0]["value"])


def eventually(look):
    deadline = time.monotonic() + PATIENCE
    while (found := look()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def asked(url: str, body: dict, key: str) -> tuple[int, bytes] | None:
    """Status and body; None while nobody listens."""
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers={"x-functions-key": key})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return None


def test_a_secret_that_nobody_gave_is_asked_for(folder):
    refused = compose(folder, "config")

    assert refused.returncode != 0
    assert "set it to the secret" in refused.stderr


def test_it_answers_requests_and_blobs(folder, docker_engine):
    started = compose(folder, "up", "-d", THE_SECRET="hunter2")

    assert started.returncode == 0, started.stderr
    app, azurite = container_of(docker_engine, "app"), container_of(docker_engine, "azurite")
    connection, url = account_in(azurite), f"http://{inside(app)}:8080/api/score"
    (published,) = app.attrs["HostConfig"]["PortBindings"]["8080/tcp"]
    assert published["HostIp"] == "127.0.0.1"
    assert app.attrs["HostConfig"]["ReadonlyRootfs"]
    assert "PRICE=$5" in app.attrs["Config"]["Env"]
    assert eventually(lambda: asked(url, {"data": [1]}, "wrong"))[0] == 401
    key = eventually(lambda: key_in(connection))
    status, answer = eventually(lambda: asked(url, {"data": [1, 2]}, key))
    assert (status, json.loads(answer)) == (200, {"sum": 3, "version": 1, "greeting": "hunter2"})
    account = open_storage(connection)
    account.put("input", "a.json", b'{"data": [4, 5]}')
    assert json.loads(eventually(lambda: account.get("output", "a_out.json")))["sum"] == 9

    again = compose(folder, "up", "-d", "--force-recreate", THE_SECRET="hunter2")
    assert again.returncode == 0, again.stderr
    connection = account_in(container_of(docker_engine, "azurite"))
    assert eventually(lambda: key_in(connection)) == key
    assert open_storage(connection).get("output", "a_out.json") is not None
