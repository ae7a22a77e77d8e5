"""A host that runs nothing: it counts, and answers as it was told to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeHost:
    """Counts executions of functions by hand; remembers what was posted."""

    def __init__(self) -> None:
        self.url = ""
        self.executions: dict[str, int] = {}
        self.failures: dict[str, int] = {}
        self.gauges: dict[str, float] = {}
        self.test_data: str | None = None
        self.status = 200
        self.posted: list[tuple[str, dict[str, str], bytes]] = []

    def ran(self, function: str, *, failed: bool = False) -> None:
        self.executions[function] = self.executions.get(function, 0) + 1
        self.failures[function] = self.failures.get(function, 0) + failed

    def metrics(self) -> str:
        lines = []
        for name, counts in (("executions", self.executions), ("failed_executions", self.failures)):
            lines += [f"# TYPE functions_{name} counter"]
            lines += [f'functions_{name}_total{{function="{each}"}} {count}' for each, count in counts.items()]
        lines += ["# TYPE functions_execution_duration_seconds summary"]
        for each, count in self.executions.items():
            lines += [
                f'functions_execution_duration_seconds_sum{{function="{each}"}} {count / 2}',
                f'functions_execution_duration_seconds_count{{function="{each}"}} {count}',
            ]
        for name, value in self.gauges.items():
            lines += [f"# TYPE functions_{name} gauge", f"functions_{name} {value}"]
        return "\n".join([*lines, ""])

    def answer(self, path: str, body: bytes) -> bytes:
        if path == "/metrics":
            return self.metrics().encode()
        if path.startswith("/admin/functions/") and not body:
            return json.dumps({"test_data": self.test_data}).encode()
        function = path.rpartition("=")[2] if "=" in path else path.rpartition("/")[2]
        self.ran(function, failed=self.status >= 400)
        return b'{"echo": ' + body + b"}" if body else b"{}"


@contextmanager
def serving() -> Iterator[FakeHost]:
    """A fake host on a free port."""
    host = FakeHost()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"", 200)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            host.posted.append((self.path, headers, body))
            self._answer(body, host.status)

        def _answer(self, body: bytes, status: int) -> None:
            content = host.answer(self.path, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Tests have nothing to read here."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        host.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield host
        http.shutdown()
        thread.join()
