"""infra.numbers"""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infra.errors import InvalidRunRequest, InvocationFailed, NotRunning, RunTimedOut
from infra.numbers import numbers_of, read_numbers

TEXT = """\
# HELP functions_executions_total Executions that came to an end.
# TYPE functions_executions_total counter
functions_executions_total{function="f"} 3.0
# TYPE functions_execution_duration_seconds histogram
functions_execution_duration_seconds_bucket{function="f",le="+Inf"} 3.0
functions_execution_duration_seconds_sum{function="f"} 0.5
# TYPE functions_queued_events gauge
functions_queued_events 7.0
# TYPE of_somebody_else gauge
of_somebody_else 1.0
"""
FOUND = {"f": {"executions_total": 3.0, "execution_duration_seconds_sum": 0.5}, "": {"queued_events": 7.0}}


class Handler(BaseHTTPRequestHandler):
    """Tells the numbers below /good, and nothing elsewhere; never answers below /slow."""

    def do_GET(self) -> None:
        if self.path.startswith("/slow"):
            self.server.release.wait(5)  # type: ignore[attr-defined]  # because the test sets it
            return
        self.send_response(200 if self.path == "/good/metrics" else 404)
        self.end_headers()
        self.wfile.write(TEXT.encode())

    def log_message(self, *_: object) -> None:
        """Tests have nothing to read here."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.release = threading.Event()  # type: ignore[attr-defined]  # because handlers wait for it
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.release.set()  # type: ignore[attr-defined]  # because of the same
        http.shutdown()
        thread.join()


def test_numbers_are_read_by_function() -> None:
    assert numbers_of(TEXT) == FOUND


def test_what_is_no_metrics_page_is_told() -> None:
    with pytest.raises(InvocationFailed, match=r"not in Prometheus' form: '<html> \{'"):
        numbers_of("<html> {")


@pytest.mark.parametrize("end", ["/good", "/good/"])
def test_a_host_is_asked(server: str, end: str) -> None:
    assert read_numbers(server + end) == FOUND


def test_a_host_that_tells_nothing(server: str) -> None:
    with pytest.raises(InvocationFailed, match=r"/metrics answered with status 404: .*FUNCTIONS_METRICS_ENABLED"):
        read_numbers(server)


def test_a_host_that_does_not_answer(server: str) -> None:
    with pytest.raises(RunTimedOut, match=r"did not answer within 0\.02 seconds"):
        read_numbers(f"{server}/slow", timeout=0.02)


@pytest.mark.parametrize("url", ["ftp://a", "127.0.0.1:80", "http://a:b", "http://a b"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InvalidRunRequest, match="is no HTTP address"):
        read_numbers(url)


def test_nobody_is_there() -> None:
    with pytest.raises(NotRunning, match="does the app run"):
        read_numbers("http://127.0.0.1:1")
