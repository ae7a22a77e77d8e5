"""One scoring script behind our web service and behind the old scoring server, and what both answers tell."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import httpx

from infra import child
from tests.support import scoring_server

_PATIENCE = 30.0
_APP = """
from function_host.scoring import web_service_app

app = web_service_app(__file__, entry_script="azureml-app/score.py", model_dir="azureml-models")
"""
_HOST_JSON = '{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}'
_COMPARED = ("content-type", "x-ms-run-function-failed", "vary", "traceid", "set-cookie", "location")
_BY_SHAPE = {
    "x-ms-run-fn-exec-ms": re.compile(r"\d+\.\d{3}"),
    "x-ms-server-version": re.compile(r"[\w-]+/[\w.+]+"),
}
_IDS = ("x-request-id", "x-ms-request-id", "x-ms-client-request-id")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request."""

    method: str = "POST"
    path: str = "/score"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is the same for every server that keeps the contract."""

    status: int
    body: bytes
    headers: Mapping[str, tuple[str, ...]]

    def header(self, name: str) -> str | None:
        return ", ".join(self.headers[name]) if name in self.headers else None

    @property
    def message(self) -> str:
        return json.loads(self.body)["message"]


def ask(url: str, what: Ask) -> Answer:
    """Send `what` to the server at `url`; an answer that breaks off has status 0."""
    with httpx.Client(timeout=30, trust_env=False) as client:
        headers = {"x-a": "b", **what.headers}
        try:
            answer = client.request(what.method, f"{url}{what.path}", headers=headers, content=what.body)
        except httpx.RemoteProtocolError:
            return Answer(status=0, body=b"", headers={})
    return Answer(status=answer.status_code, body=answer.content, headers=_contract(answer.headers))


def _contract(headers: httpx.Headers) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(headers):
        values = tuple(headers.get_list(name))
        if name == "allow":
            found[name] = tuple(sorted(values[0].split(", ")))
        elif name in _COMPARED or name.startswith(("access-control-", "x-test-")):
            found[name] = values
        elif name in _BY_SHAPE:
            found[name] = tuple("shaped" if _BY_SHAPE[name].fullmatch(value) else value for value in values)
        elif name in _IDS:
            found[name] = tuple("new" if _UUID.fullmatch(value) else value for value in values)
    return found


class Pair:
    """The two servers, started when they are first asked."""

    def __init__(self, folder: Path, files: Mapping[str, str], settings: Mapping[str, str], stack: ExitStack) -> None:
        self._folder, self._files, self._settings, self._stack = folder, files, settings, stack
        self._urls: dict[str, str] = {}

    def ours(self, what: Ask) -> Answer:
        return ask(self._url("ours", our_service), what)

    def real(self, what: Ask) -> Answer:
        return ask(self._url("real", scoring_server.running), what)

    def _url(self, name: str, serve: object) -> str:
        if name not in self._urls:
            folder = self._folder / name
            write(folder / "azureml-app" if name == "ours" else folder, self._files)
            self._urls[name] = self._stack.enter_context(serve(folder, self._settings))
        return self._urls[name]


@contextmanager
def pair(folder: Path, script: str, settings: Mapping[str, str] | None = None, **files: str) -> Iterator[Pair]:
    """The two servers of `script`, and of other files beside it, while the block runs."""
    with ExitStack() as stack:
        texts = {"score.py": script, **{name.replace("__", "."): text for name, text in files.items()}}
        yield Pair(folder, texts, settings or {}, stack)


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Put the files, dedented, into `folder`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")


@contextmanager
def our_service(folder: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """The address of our web service while the block runs; its script is azureml-app/score.py in `folder`."""
    process, ready, log = start_ours(folder, settings)
    try:
        yield wait_for(ready, process, log)
    finally:
        child.stop(process)


def start_ours(folder: Path, settings: Mapping[str, str]):
    """As start_host(), for a web service that is made in `folder`."""
    write(folder, {"function_app.py": _APP, "host.json": _HOST_JSON})
    return start_host(folder, settings)


def start_host(folder: Path, settings: Mapping[str, str]):
    """The process of our host, the file that it will write once it is ready, and the one that it logs to."""
    ready, log = folder.with_suffix(".ready"), folder.with_suffix(".log")
    command = [sys.executable, "-m", "function_host", "start", "--script-root", str(folder)]
    command += ["--port", "0", "--ready-file", str(ready)]
    return child.start(command, env={**os.environ, **settings}, log=log, cwd=folder), ready, log


def wait_for(ready: Path, process: "subprocess.Popen[bytes]", log: Path) -> str:
    """The address of a host that has become ready."""
    deadline = time.monotonic() + _PATIENCE
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Our host did not start; it said: {log.read_text()[-2000:]}")
        time.sleep(0.02)
    return json.loads(ready.read_text())["url"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One situation: a request, and what every server that keeps the contract answers."""

    name: str
    ask: Ask
    status: int = 200
    body: object = None
    """JSON, as values; bytes for anything else; None for whatever the real server says."""
    failed: str | None = "False"
    """The header x-ms-run-function-failed."""
    content_type: str | None = "application/json"
    timed: bool = False
    """Is the header x-ms-run-fn-exec-ms there?"""
    differs: str = ""
    """Why our answer is not that of the real server, on purpose."""

    def check(self, answer: Answer) -> None:
        """Is it the answer of the contract?"""
        told = (answer.status, answer.header("x-ms-run-function-failed"), answer.header("content-type"))
        assert told == (self.status, self.failed, self.content_type), answer
        assert ("x-ms-run-fn-exec-ms" in answer.headers) is self.timed
        if isinstance(self.body, bytes):
            assert answer.body == self.body
        elif self.body is not None:
            assert json.loads(answer.body) == self.body

    def compare(self, ours: Answer, real: Answer) -> None:
        """Are both the same, or different where they should be?"""
        if self.differs:
            assert ours != real, "They are the same now: take the difference out, here and in docs/differences.md."
        else:
            assert ours == real
