import json
import stat
import subprocess
import sys

import pytest

from infra.contract import RegistryLogin, Secret
from infra.targets.iot_edge import target
from tests.support.deployments import spec
from tests.support.iot_edge_schemas import judge

pytestmark = pytest.mark.process

NASTY = {"STORAGE": 'a"b\\c\n$edgeAgent ${PW}', "PW": "${STORAGE}`id`'"}
LOGIN = RegistryLogin(server="r.example.com", username="me", password=Secret(variable="PW"))
SETTINGS = {
    "TriggerConnectionString": Secret(variable="STORAGE"),
    "PLAIN": "a$HOME ${STORAGE} ${OTHER}",
    "OPEN": "${PW?",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in target.export(spec("iot_edge", registry=LOGIN, settings=SETTINGS)).items():
        (tmp_path / name).write_text(text)
    return tmp_path


def fill(folder, **environment):
    script = [sys.executable, "diabetes.fill.py"]
    return subprocess.run(script, cwd=folder, env=environment, check=False, capture_output=True, text=True)


def test_secrets_are_put_in_as_they_are_and_all_else_stays(folder):
    (folder / "diabetes.deployment.json").write_text("what was there before")
    done = fill(folder, **NASTY)
    made = folder / "diabetes.deployment.json"
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{made}\n", "")
    found = json.loads(made.read_text())
    judge(found)
    agent = found["modulesContent"]["$edgeAgent"]["properties.desired"]
    values = {name: each["value"] for name, each in agent["modules"]["diabetes"]["env"].items()}
    assert (values["TriggerConnectionString"], values["PLAIN"]) == (NASTY["STORAGE"], SETTINGS["PLAIN"])
    assert values["OPEN"] == SETTINGS["OPEN"]
    assert agent["runtime"]["settings"]["registryCredentials"]["diabetes"]["password"] == NASTY["PW"]
    routes = found["modulesContent"]["$edgeHub"]["properties.desired"]["routes"]
    assert list(routes.values()) == ["FROM /messages/modules/diabetes/* INTO $upstream"]
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"STORAGE": "s"}, "Set PW to the secret."),
        ({"STORAGE": "", "PW": "p"}, "Set STORAGE to the secret."),
        ({"STORAGE": "x" * 4097, "PW": "p"}, "STORAGE is longer than the 4096 bytes that a twin takes in one text."),
    ],
)
def test_what_is_missing_or_too_long_is_told(folder, environment, told):
    done = fill(folder, **environment)
    assert (done.returncode, done.stderr.strip()) == (1, told)
    assert not (folder / "diabetes.deployment.json").exists()
