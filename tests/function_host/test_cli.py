"""The command line as users meet it: in a process of its own."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from function_host.cli import main

GOOD = {
    "function_app.py": """
        from function_host.scoring import scoring_app
        app = scoring_app(__file__, entry_script="score.py", model_dir="m", http={"auth_level": "anonymous"})
        """,
    "score.py": "def init(): pass\ndef run(data): return data",
}


def start(root: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "function_host", "start", "--script-root", str(root), "--port", "0", *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path, process: subprocess.Popen[str]) -> dict[str, object]:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline, "the host did not become ready"
        time.sleep(0.02)
    return json.loads(path.read_text())


@pytest.mark.process
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_serves_until_it_is_told_to_stop(write_app, tmp_path, number, code):
    with start(write_app(GOOD), "--ready-file", str(tmp_path / "ready.json")) as process:
        ready = wait_for(tmp_path / "ready.json", process)
        function = next(f for f in ready["functions"] if f["name"] == "score_http")
        assert function["url"] == f"{ready['url']}/api/score"
        assert httpx.post(function["url"], content=b"hi").json() == "hi"
        process.send_signal(number)
        _, log = process.communicate(timeout=20)
    assert process.returncode == code
    assert f"Listening on {ready['url']}" in log


@pytest.mark.process
@pytest.mark.parametrize(
    ("script", "last_of_traceback"),
    [
        ("def init(:", "SyntaxError: invalid syntax"),
        ("def init(): raise ValueError('no weights')\ndef run(d): pass", "ValueError: no weights"),
        ("import no_such_thing", "ModuleNotFoundError: No module named 'no_such_thing'"),
    ],
)
def test_a_broken_script_gives_its_own_traceback_first_then_one_sentence(write_app, script, last_of_traceback):
    with start(write_app({**GOOD, "score.py": script})) as process:
        _, log = process.communicate(timeout=30)
    assert process.returncode == 5
    lines = log.strip().splitlines()
    assert last_of_traceback in lines[-2]
    assert "score.py" in lines[-1]
    assert "function_host" not in "".join(lines[:2]), log


@pytest.mark.process
def test_an_app_that_is_not_there_is_a_configuration_error(tmp_path):
    with start(tmp_path) as process:
        _, log = process.communicate(timeout=30)
    assert process.returncode == 3
    assert log.strip() == (
        f"There is no function app in {tmp_path}: neither function_app.py nor a folder with a function.json is there."
    )


@pytest.mark.process
def test_a_signal_ends_it_while_init_still_runs(write_app):
    slow = "import time\ndef init():\n    print('init', flush=True)\n    time.sleep(60)\ndef run(d): pass"
    with start(write_app({**GOOD, "score.py": slow})) as process:
        assert process.stdout.readline() == "init\n"
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Listening" not in log


@pytest.mark.process
def test_a_taken_port_is_one_sentence_and_init_does_not_run(write_app):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        root = write_app({**GOOD, "score.py": "def init(): print('init')\ndef run(d): pass"})
        with start(root, "--port", str(port)) as process:
            out, log = process.communicate(timeout=30)
    assert process.returncode == 3
    assert out == ""
    (line,) = log.strip().splitlines()
    assert line.startswith(f"Cannot listen on 127.0.0.1:{port}")


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_is_none_is_a_usage_error(capsys, port):
    with pytest.raises(SystemExit, match="2"):
        main(["start", f"--port={port}"])
    assert f"argument --port: '{port}' is no port; it must be a number from 0 to 65535" in capsys.readouterr().err


@pytest.mark.process
def test_a_ready_file_without_a_folder_is_one_sentence(write_app, tmp_path):
    with start(write_app(GOOD), "--ready-file", str(tmp_path / "none" / "ready.json")) as process:
        _, log = process.communicate(timeout=30)
    assert process.returncode == 3
    assert len(log.strip().splitlines()) == 1


@pytest.mark.process
def test_keys_that_nobody_keeps_are_told(write_app, tmp_path):
    keyed = {**GOOD, "function_app.py": GOOD["function_app.py"].replace('{"auth_level": "anonymous"}', "{}")}
    with start(write_app(keyed), "--ready-file", str(tmp_path / "ready.json")) as process:
        wait_for(tmp_path / "ready.json", process)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=20)
    assert "Function keys are temporary: set FUNCTIONS_SECRETS_PATH" in log


@pytest.mark.process
def test_a_relative_ready_file_lies_where_the_command_was_given(write_app, tmp_path, monkeypatch):
    root = write_app(GOOD)
    monkeypatch.chdir(tmp_path)
    with start(root, "--ready-file", "ready.json") as process:
        wait_for(tmp_path / "ready.json", process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.process
def test_functions_are_written_down_without_running_them(write_app, tmp_path):
    root = write_app({**GOOD, "score.py": "print('loaded')\ndef init(): raise ValueError\ndef run(d): pass"})
    found = tmp_path / "functions.json"
    command = [sys.executable, "-m", "function_host", "functions", "--script-root", str(root)]
    subprocess.run([*command, "--ready-file", str(found)], check=True, timeout=30)
    assert "score_http" in [function["name"] for function in json.loads(found.read_text())["functions"]]


def test_without_a_port_the_platforms_counts(write_app, monkeypatch, capfd):
    monkeypatch.setenv("PORT", "http")

    assert main(["start", "--script-root", str(write_app(GOOD))]) == 3

    assert "PORT is 'http'; set it to a port" in capfd.readouterr().err
