import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.errors import InvalidRunRequest, InvocationFailed, NotRunning, RunTimedOut
from infra.invoking import invoke, post
from infra.storage import FolderStorage
from tests.support import runs


class EchoHandler(BaseHTTPRequestHandler):
    """Answers with the status in the path, the key it was given and the body."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers.get("x-functions-key", "none").encode()
        self.send_response(int(self.path.strip("/")))
        self.end_headers()
        self.wfile.write(key + b" " + self.headers["Content-Type"].encode() + b" " + body)

    def log_message(self, *_: object) -> None:
        """Tests have nothing to read here."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), EchoHandler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_post_sends_json_with_the_key(server: str) -> None:
    assert post(f"{server}/200", b"[1]", key="k3y") == b"k3y application/json [1]"


def test_post_without_a_key_sends_none(server: str) -> None:
    assert post(f"{server}/200", b"[1]").startswith(b"none ")


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (401, NotRunning, "refuses the function key"),
        (403, NotRunning, "refuses the function key"),
        (404, NotRunning, "no function at"),
        (400, InvocationFailed, "status 400: none application/json bad"),
        (500, InvocationFailed, "status 500: none application/json bad"),
    ],
)
def test_refusals_are_told_apart(server: str, status: int, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        post(f"{server}/{status}", b"bad")


def test_nobody_there_is_not_running() -> None:
    with pytest.raises(NotRunning, match=r"Nothing answers at http://127\.0\.0\.1:1/x"):
        post("http://127.0.0.1:1/x", b"")


def test_other_schemes_are_refused() -> None:
    with pytest.raises(InvalidRunRequest, match="no HTTP address"):
        post("file:///etc/hostname", b"")


def test_invoke_posts_to_the_http_function(server: str, tmp_path: Path) -> None:
    url = f"{server}/200"
    run = runs.app_run(tmp_path, runs.function(runs.HTTP, url=url))

    answer = invoke(run, b"[1]")

    assert (answer.function, answer.sent_to, answer.body) == ("score_http", url, b"k3y application/json [1]")


def test_invoke_gives_an_anonymous_function_no_key(server: str, tmp_path: Path) -> None:
    trigger = {**runs.HTTP["bindings"][0], "authLevel": "ANONYMOUS"}
    run = runs.app_run(tmp_path, runs.function(runs.HTTP, url=f"{server}/200", bindings=[trigger]))

    assert invoke(run, b"[1]").body.startswith(b"none ")


def test_invoke_drops_a_blob_and_fetches_its_answer(tmp_path: Path) -> None:
    run = runs.app_run(tmp_path)
    answering = threading.Thread(target=_answer_first_blob, args=(tmp_path / "storage",))
    answering.start()

    answer = invoke(run, b"[1]", trigger="blob", timeout=10)
    answering.join()

    assert answer.body == b"answer to [1]"
    assert Path(answer.sent_to).read_bytes() == b"[1]"
    assert Path(answer.found_at).read_bytes() == b"answer to [1]"


def _answer_first_blob(storage: Path) -> None:
    while not (dropped := list((storage / "input").glob("*.json"))):
        threading.Event().wait(0.005)
    name = f"{dropped[0].stem}_out.json"
    FolderStorage(storage).put("output", name, b"answer to " + dropped[0].read_bytes())


@pytest.fixture
def silent(tmp_path: Path) -> Path:
    (tmp_path / "storage").mkdir()
    return tmp_path


def test_no_answer_in_time_names_blob_and_log(silent: Path) -> None:
    with pytest.raises(RunTimedOut, match=r"output/invoke-\w+_out\.json within 0\.02 seconds .*host\.log"):
        invoke(runs.app_run(silent), b"[1]", trigger="blob", timeout=0.02)


def test_function_without_output_blob_is_refused(silent: Path) -> None:
    run = runs.app_run(silent, runs.blob_function(output=""))

    with pytest.raises(InvalidRunRequest, match="writes no blob"):
        invoke(run, b"[1]")


@pytest.mark.parametrize("output", ["output/{rand-guid}.json", "output/{other}.json"])
def test_unforeseeable_answer_is_refused(silent: Path, output: str) -> None:
    run = runs.app_run(silent, runs.blob_function(output=output))

    with pytest.raises(InvalidRunRequest, match="Cannot tell where"):
        invoke(run, b"[1]")


def test_app_without_such_a_trigger_is_refused(silent: Path) -> None:
    run = replace(runs.app_run(silent), functions=(runs.function(runs.HTTP),))

    with pytest.raises(InvalidRunRequest, match="no function with a blob trigger"):
        invoke(run, b"[1]", trigger="blob")


def test_unknown_trigger_names_the_valid_ones(silent: Path) -> None:
    with pytest.raises(InvalidRunRequest, match="'grpc'; the valid ones are http, blob, service_bus_queue"):
        invoke(runs.app_run(silent), b"[1]", trigger="grpc")


def test_route_parameters_are_not_guessed(silent: Path) -> None:
    run = runs.app_run(silent, runs.function(runs.HTTP, url="http://127.0.0.1:1/api/items/{id}"))

    with pytest.raises(InvalidRunRequest, match="route parameters"):
        invoke(run, b"[1]")


def test_an_address_with_a_space_is_refused() -> None:
    with pytest.raises(InvalidRunRequest, match="no HTTP address"):
        post("http://127.0.0.1:1/a b", b"1")


def test_a_server_that_hangs_up_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            connection, _ = listening.accept()
            connection.recv(65536)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(InvocationFailed, match="broke off before it had answered"):
            post(f"http://127.0.0.1:{listening.getsockname()[1]}/x", b"1")
        thread.join()
