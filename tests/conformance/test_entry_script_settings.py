"""What settings and files beside the script change: CORS, time-out, version, names in the API description, imports."""

import json
from contextlib import ExitStack

import pytest

from tests.support.scoring_pair import Ask, Row, pair

SCRIPT = """
    import os
    import sys
    import time
    from pathlib import Path

    import helper

    def init():
        pass

    def spin():
        try:
            while True:
                time.sleep(0.01)
        finally:
            Path(os.environ["AML_APP_ROOT"], "cleaned").touch()

    def about():
        root = os.environ["AML_APP_ROOT"]
        return {
            "root is absolute": os.path.isabs(root),
            "root is on the path": root in sys.path,
            "cwd is the root": os.getcwd() == root,
            "helper": helper.NAME,
            "entry script": os.path.basename(os.environ["AZUREML_ENTRY_SCRIPT"]),
            "name": os.environ.get("SERVICE_NAME"),
        }

    def run(data):
        return spin() if data == "spin" else time.sleep(20) if data == "sleep" else about()
    """
HELPER = {"helper__py": "NAME = 'beside'"}
CONFIG = {"config__json": json.dumps({"SCORING_TIMEOUT_MS": 200, "SERVICE_NAME": "from file", "SERVICE_VERSION": "9"})}
SETTINGS = {
    "two": {"AML_CORS_ORIGINS": "http://a, http://b", "SERVICE_PATH_PREFIX": "/api/v1/", "SERVICE_VERSION": "3"},
    "star": {"AML_CORS_ORIGINS": "*", "SERVER_VERSION_LOG_RESPONSE_ENABLED": "false"},
    "one": {"AML_CORS_ORIGINS": "http://a", "SCORING_TIMEOUT_MS": "1000"},
    "file": {"SERVICE_NAME": "from environment"},
}
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "x-b, content-type"}


def row(settings, name, *, method="POST", path="/score", body=b"", headers=None, answer=None, **expected):
    ask = Ask(method=method, path=path, headers=headers or {}, body=body)
    return settings, Row(name=f"{settings}: {name}", ask=ask, body=answer, **{"timed": method == "POST", **expected})


def preflight(settings, origin, **more):
    html = "text/html; charset=utf-8"
    headers = {"origin": origin, **PREFLIGHT, **more}
    return row(settings, f"preflight {origin} {more}", method="OPTIONS", headers=headers, content_type=html)


def late(settings, way, milliseconds):
    message = {"message": f"Scoring timeout after {milliseconds} ms"}
    return row(settings, f"time-out of {way}", body=way.encode(), status=500, answer=message, failed="True",
               timed=False)  # fmt: skip


ROWS = [
    *(row("two", f"origin {each}", headers={"origin": each}) for each in ("http://a", "http://b", "http://c", "HTTP://A")),
    row("two", "no origin"),
    row("two", "probe", method="GET", path="/", headers={"origin": "http://a"}, failed=None,
        content_type="text/html; charset=utf-8"),
    row("two", "swagger", method="GET", path="/swagger.json?version=3", headers={"origin": "http://a"}),
    row("two", "not found", method="GET", path="/x", headers={"origin": "http://a"}, status=404),
    row("two", "refused", body=b"\xff", headers={"origin": "http://a"}, status=400, timed=False),
    preflight("two", "http://a"),
    preflight("two", "http://c"),
    preflight("two", "http://b", **{"access-control-request-method": "PUT"}),
    preflight("two", "http://b", **{"access-control-request-private-network": "true"}),
    *(row("star", f"origin {each}", headers={"origin": each} if each else {}) for each in ("http://a", "")),
    preflight("star", "http://z"),
    *(row("one", f"origin {each}", headers={"origin": each} if each else {}) for each in ("http://a", "http://b", "")),
    late("one", "sleep", 1000),
    row("one", "the next one is answered"),
    late("file", "spin", 200),
    row("file", "what the script finds"),
    row("file", "swagger", method="GET", path="/swagger.json"),
]  # fmt: skip


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("settings")
        yield {
            name: stack.enter_context(
                pair(folder / name, SCRIPT, settings, **HELPER, **(CONFIG if name == "file" else {}))
            )
            for name, settings in SETTINGS.items()
        }


@pytest.mark.process
@pytest.mark.parametrize(("settings", "row"), ROWS, ids=lambda value: value.name if isinstance(value, Row) else "")
def test_our_answer(servers, settings, row):
    row.check(servers[settings].ours(row.ask))


@pytest.mark.scoring_server
@pytest.mark.parametrize(("settings", "row"), ROWS, ids=lambda value: value.name if isinstance(value, Row) else "")
def test_the_real_one_says_the_same(servers, settings, row):
    ours, real = servers[settings].ours(row.ask), servers[settings].real(row.ask)
    if row.ask.path.startswith("/swagger"):
        assert (json.loads(ours.body), ours.headers) == (json.loads(real.body), real.headers)
    else:
        row.compare(ours, real)


@pytest.mark.process
def test_a_script_may_clean_up_when_its_time_is_over(servers, tmp_path_factory):
    servers["file"].ours(Ask(body=b"spin"))
    assert list(tmp_path_factory.getbasetemp().glob("settings*/file/ours/cleaned"))
