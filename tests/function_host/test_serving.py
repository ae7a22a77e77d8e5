"""Several processes serve one loaded app at one port."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.process

APP = {
    "function_app.py": """
        from function_host.scoring import scoring_app
        app = scoring_app(__file__, entry_script="score.py", model_dir="m", http={})
        """,
    "score.py": """
        import os
        def init():
            global loaded
            loaded = os.getpid()
            print("init", flush=True)
        def run(data):
            return [loaded, os.getpid()]
        """,
}


def start(root: Path, ready: Path, count: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "function_host", "start", "--script-root", str(root), "--port", "0"]
    environment = {**os.environ, "FUNCTIONS_WORKER_PROCESS_COUNT": count}
    return subprocess.Popen(
        [*command, "--ready-file", str(ready)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(path: Path, process: subprocess.Popen[str]) -> dict[str, object]:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline, "the host did not become ready"
        time.sleep(0.02)
    return json.loads(path.read_text())


def test_processes_share_what_init_loaded_and_the_keys(write_app, tmp_path):
    keys = tmp_path / "keys"
    app = {**APP, "local.settings.json": json.dumps({"Values": {"FUNCTIONS_SECRETS_PATH": str(keys)}})}
    with start(write_app(app), tmp_path / "ready.json", "2") as process:
        ready = wait_for(tmp_path / "ready.json", process)
        assert ready["pid"] == process.pid
        key = json.loads((keys / "host.json").read_text())["functionKeys"][0]["value"]
        answers, asked = set(), 0
        deadline = time.monotonic() + 20
        while len(answers) < 2 and time.monotonic() < deadline:
            response = httpx.post(f"{ready['url']}/api/score", headers={"x-functions-key": key}, content=b"1")
            assert response.status_code == 200
            answers.add(tuple(response.json()))
            asked += 1
        numbers = httpx.get(f"{ready['url']}/metrics").text
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert {loaded for loaded, _ in answers} == {process.pid}
    assert len({running for _, running in answers}) == 2
    assert out == "init\n"
    assert f'functions_executions_total{{function="score_http"}} {asked}.0' in numbers.splitlines()


def test_a_signal_ends_it_while_init_still_runs(write_app, tmp_path):
    slow = "import time\ndef init():\n    print('init', flush=True)\n    time.sleep(60)\ndef run(d): pass"
    with start(write_app({**APP, "score.py": slow}), tmp_path / "ready.json", "2") as process:
        assert process.stdout.readline() == "init\n"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_broken_script_is_told_once(write_app, tmp_path):
    broken = "def init(): raise ValueError('no weights')\ndef run(d): pass"
    with start(write_app({**APP, "score.py": broken}), tmp_path / "ready.json", "2") as process:
        _, log = process.communicate(timeout=20)
    assert process.returncode == 5
    assert log.count("Traceback") == 1


def test_a_count_that_is_no_number_is_one_sentence(write_app, tmp_path):
    with start(write_app(APP), tmp_path / "ready.json", "many") as process:
        _, log = process.communicate(timeout=20)
    assert process.returncode == 3
    assert log == "FUNCTIONS_WORKER_PROCESS_COUNT is 'many'; set it to a number of processes, 1 or more.\n"


STUCK = """
    import time
    import azure.functions as func
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    @app.route(route="stuck")
    def stuck(req: func.HttpRequest) -> str:
        print("stuck", flush=True)
        time.sleep(60)
    @app.route(route="storage", auth_level=func.AuthLevel.FUNCTION)
    def storage(req: func.HttpRequest) -> str:
        import os
        return os.environ.get("AzureWebJobsStorage", "none")
    @app.blob_trigger(arg_name="b", path="input/{n}", connection="AzureWebJobsStorage")
    def of_storage(b: func.InputStream) -> None: ...
    """


@pytest.mark.parametrize("count", ["1", "2"])
def test_what_never_ends_does_not_keep_a_host_that_stops(write_app, tmp_path, monkeypatch, count):
    monkeypatch.setenv("FUNCTIONS_DRAIN_SECONDS", "0")
    monkeypatch.delenv("AzureWebJobsStorage", raising=False)
    with start(write_app({"function_app.py": STUCK}), tmp_path / "ready.json", count) as process:
        url = wait_for(tmp_path / "ready.json", process)["url"]
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as client:
            client.sendall(b"GET /api/stuck HTTP/1.1\r\nHost: h\r\n\r\n")
            assert process.stdout.readline() == "stuck\n"
            process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "the time FUNCTIONS_DRAIN_SECONDS gives a host that stops: stuck (" in log
    # Nothing is hidden by what several processes share, and it is told once.
    assert log.count("The 'of_storage' function is in error: The app setting 'AzureWebJobsStorage' is not set") == 1
    assert log.count("Function keys are temporary") == 1


@pytest.mark.parametrize("count", ["1", "2"])
def test_a_script_may_end_processes_that_it_forks(write_app, tmp_path, count):
    keys = tmp_path / "keys"
    pool = """
        import multiprocessing
        def double(number):
            return 2 * number
        def init(): pass
        def run(data):
            fork = multiprocessing.get_context("fork")
            child = fork.Process(target=double, args=(1,))
            child.start()
            child.terminate()
            child.join()
            with fork.Pool(2) as pool:
                return pool.map(abs, [-1, 2])
        """
    settings = json.dumps({"Values": {"FUNCTIONS_SECRETS_PATH": str(keys)}})
    root = write_app({**APP, "score.py": pool, "local.settings.json": settings})
    with start(root, tmp_path / "ready.json", count) as process:
        ready = wait_for(tmp_path / "ready.json", process)
        key = json.loads((keys / "host.json").read_text())["functionKeys"][0]["value"]
        for _ in range(3):
            response = httpx.post(f"{ready['url']}/api/score", headers={"x-functions-key": key}, content=b"1")
            assert (response.status_code, response.json()) == (200, [1, 2])
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0
