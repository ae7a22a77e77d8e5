import json
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.process

CONFIG = {
    "UserConfig": {
        "Namespaces": [{"Name": "sbemulatorns", "Queues": [{"Name": "q", "Properties": {}}], "Topics": []}],
        "Logging": {"Type": "Console"},
    }
}


@pytest.fixture
def start(tmp_path):
    started = []

    def run(config: object, *arguments: str) -> subprocess.Popen[str]:
        file = tmp_path / "Config.json"
        file.write_text(json.dumps(config))
        command = [sys.executable, "-m", "infra.emulators.service_bus", "--config", str(file), *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_its_connection_string_and_ends_when_told(start, tmp_path, number) -> None:
    process = start(CONFIG, "--port", "0", "--data", str(tmp_path / "data"))
    assert process.stdout is not None
    purpose, connection = process.stdout.readline(), process.stdout.readline()
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)

    assert "for development and tests" in purpose
    assert connection.startswith("Endpoint=sb://127.0.0.1:")
    assert (process.returncode, errors) == (0, "")


def test_a_config_that_is_wrong(start) -> None:
    process = start({"UserConfig": {"Namespaces": []}}, "--port", "0")
    output, errors = process.communicate(timeout=10)

    assert process.returncode == 3
    assert output == ""
    assert "Namespaces" in errors
    assert "Traceback" not in errors
