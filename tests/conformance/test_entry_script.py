"""A script whose run() takes text: every situation of the contract, asked of our web service and of the old server."""

import pytest

from tests.support.scoring_pair import Ask, Row, pair

FAILED = {"message": "An unexpected error occurred in scoring script. Check the logs for more info."}
INTERNAL = {"message": "An unexpected internal error occurred. Check the logs for more info."}
NOT_FOUND = {
    "message": "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
}
NOT_ALLOWED = {"message": "The method is not allowed for the requested URL."}
SCRIPT = """
    import asyncio
    import datetime
    import os
    import signal
    import sys

    import numpy
    import pandas
    from azureml.contrib.services.aml_response import AMLResponse

    async def later():
        return 1

    def broken():
        yield "a"
        raise ValueError

    class Odd:
        pass

    ANSWERS = {
        "text": lambda: "hello",
        "json": lambda: '{"a": 1}',
        "umlaut": lambda: {"ä": "ü"},
        "none": lambda: None,
        "int": lambda: 7,
        "tuple": lambda: (1, "two"),
        "nan": lambda: {"v": float("nan")},
        "float64": lambda: numpy.float64(1.5),
        "bytes": lambda: b"x",
        "ndarray": lambda: numpy.zeros(2),
        "float32": lambda: numpy.float32(1.5),
        "int64": lambda: numpy.int64(1),
        "frame": lambda: pandas.DataFrame({"a": [1]}),
        "set": lambda: {1},
        "datetime": lambda: datetime.datetime(2020, 1, 1),
        "generator": lambda: (each for each in [1]),
        "coroutine": later,
        "odd": lambda: Odd(),
        "raise": lambda: {}["secret"],
        "exit": lambda: sys.exit(),
        "404": lambda: AMLResponse("gone", 404),
        "503": lambda: AMLResponse("busy", 503),
        "201": lambda: AMLResponse({"a": [1, 2]}, 201, json_str=True),
        "nothing": lambda: AMLResponse(None, 200),
        "headers": lambda: AMLResponse("x", 200, {"X-Test-A": "1,2", "Content-Type": "text/csv"}),
        "failed": lambda: AMLResponse("x", 200, run_function_failed=True),
        "pieces": lambda: AMLResponse((piece for piece in [b"a", b"b"]), 200),
        "dict": lambda: AMLResponse({"a": 1}, 200),
        "small": lambda: AMLResponse("x", 200, {"content-type": "text/csv"}),
        "broken": lambda: AMLResponse(broken(), 200),
        "list": lambda: AMLResponse(["a", "b"], 200),
    }

    async def waited():
        return "init() waited"

    def init():
        ANSWERS["first handler"] = lambda before=str(signal.signal(signal.SIGALRM, lambda *_: None)): before
        ANSWERS["own loop"] = lambda answer=asyncio.get_event_loop().run_until_complete(waited()): answer

    def run(data):
        return ANSWERS[data]() if data in ANSWERS else {"got": data[:200], "length": len(data)}
    """


def row(name, path="/score", *, method="POST", body=b"", headers=None, answer=None, **expected):
    ask = Ask(method=method, path=path, headers=headers or {}, body=body)
    return Row(name=name, ask=ask, body=answer, **expected)


def returns(name, **expected):
    return row(f"run returns {name}", body=name.encode(), **{"timed": True, **expected})


def refused(name):
    return returns(name, status=500, answer=INTERNAL, timed=False)


def got(text):
    return {"got": text[:200], "length": len(text)}


HTML = "text/html; charset=utf-8"
IDS = {"x-request-id": "r", "x-ms-client-request-id": "c"}
ROWS = [
    row("probe", "/", method="GET", answer=b"Healthy", failed=None, content_type=HTML),
    row("probe with HEAD", "/", method="HEAD", answer=b"", failed=None, content_type=HTML),
    row("POST to the probe", "/", status=405, answer=NOT_ALLOWED),
    row("PUT", method="PUT", status=405, answer=NOT_ALLOWED),
    row("DELETE", method="DELETE", status=405, answer=NOT_ALLOWED),
    row("HEAD", method="HEAD", status=405, answer=b""),
    row("unknown path", "/scores", method="GET", status=404, answer=NOT_FOUND),
    row("slash at the end", "/score/", status=404, answer=NOT_FOUND),
    row("OPTIONS", method="OPTIONS", answer=b"", content_type=HTML),
    row("OPTIONS of the probe", "/", method="OPTIONS", answer=b"", failed=None, content_type=HTML),
    row("text", body="{'ä': 1}".encode(), answer=got("{'ä': 1}"), timed=True),
    row("the content type is ignored", body=b"hi", headers={"content-type": "image/png"}, answer=got("hi"), timed=True),
    row("empty body", answer=got(""), timed=True),
    row("not UTF-8", body=b"a\xff", status=400),
    row("gzip is not decoded", body=b"\x1f\x8b\x08", headers={"content-encoding": "gzip"}, status=400),
    row(
        "query as JSON",
        "/score?a=1&b=[1,2]&c=x&d=null",
        method="GET",
        answer=got('{"a": 1, "b": [1, 2], "c": "x", "d": null}'),
        timed=True,
    ),
    row("repeated names", "/score?a=1&b=2&a=x", method="GET", answer=got('{"a": [1, "x"], "b": 2}'), timed=True),
    row("a value that is a list", "/score?a=[1]&a=2", method="GET", answer=got('{"a": [[1], 2]}'), timed=True),
    row("empty value", "/score?a=", method="GET", answer=got('{"a": ""}'), timed=True),
    row("no query", method="GET", answer=got("{}"), timed=True),
    row("POST ignores the query", "/score?a=1", body=b"x", answer=got("x"), timed=True),
    returns("text", answer=b'"hello"'),
    returns("json", answer=b'"{\\"a\\": 1}"'),
    returns("umlaut", answer=b'{"\\u00e4": "\\u00fc"}'),
    returns("none", answer=b"{}"),
    returns("int", answer=b"7"),
    returns("first handler", answer=b'"0"'),
    returns("own loop", answer=b'"init() waited"'),
    returns("tuple", answer=b'[1, "two"]'),
    returns("nan", answer=b'{"v": NaN}'),
    returns("float64", answer=b"1.5"),
    *map(
        refused, ["bytes", "ndarray", "float32", "int64", "frame", "set", "datetime", "generator", "coroutine", "odd"]
    ),
    row("run raises", body=b"raise", status=500, answer=FAILED, failed="True"),
    row(
        "run calls sys.exit()",
        body=b"exit",
        status=500,
        answer=FAILED,
        failed="True",
        differs="The real one lets its process die and answers with a page in HTML.",
    ),
    returns("404", status=404, answer=b"gone", content_type=HTML),
    returns("503", status=503, answer=b"busy", content_type=HTML, failed="True"),
    returns("201", status=201, answer=b'{"a": [1, 2]}'),
    returns("nothing", answer=b"{}"),
    returns("headers", answer=b"x", content_type="text/csv"),
    returns("failed", answer=b"x", content_type=HTML, failed="True"),
    returns("pieces", answer=b"ab", content_type=HTML),
    returns("list", answer=b"ab", content_type=HTML),
    returns("dict", answer=b'{"a": 1}', differs="The real one sends the names alone, one after the other, as HTML."),
    returns("small", answer=b"x", content_type="text/csv", differs="The real one sends two content types."),
    row(
        "run returns pieces that break off",
        body=b"broken",
        status=500,
        answer=FAILED,
        failed="True",
        differs="The real one has sent 200 by then, and leaves the client with half an answer.",
    ),
    row(
        "a query of 5 KB",
        "/score?a=" + "x" * 5000,
        method="GET",
        answer=got('{"a": "' + "x" * 5000 + '"}'),
        timed=True,
        differs="The real one takes lines of at most 4094 bytes.",
    ),
    row("ids are echoed", body=b"int", headers=IDS, answer=7, timed=True),
    row("the old id", body=b"int", headers={"x-ms-request-id": "old"}, answer=7, timed=True),
    row("all ids", body=b"int", headers={**IDS, "x-ms-request-id": "old"}, answer=7, timed=True),
    row("ids of a probe", "/", method="GET", headers=IDS, answer=b"Healthy", failed=None, content_type=HTML),
    row("an id of 100", body=b"int", headers={"x-request-id": "r" * 100}, answer=7, timed=True),
    row("an id of 101", body=b"int", headers={"x-request-id": "r" * 101}, status=431),
    row("a client id of 101", body=b"int", headers={"x-ms-client-request-id": "r" * 101}, status=431),
    row("an old id of 101", body=b"int", headers={**IDS, "x-ms-request-id": "r" * 101}, status=431),
    row("an id of 101 to the probe", "/", method="GET", headers={"x-request-id": "r" * 101}, status=431),
    row("TraceId", body=b"int", headers={"TraceId": "t"}, answer=7, timed=True),
    row("no CORS", body=b"int", headers={"origin": "http://a"}, answer=7, timed=True),
    row("1 MB", body=b"x" * 2**20, answer=got("x" * 2**20), timed=True),
    row("30 MB", body=b"x" * 30 * 2**20, answer={"got": "x" * 200, "length": 30 * 2**20}, timed=True),
    row("110 MB", body=b"x" * 110 * 2**20, answer={"got": "x" * 200, "length": 110 * 2**20}, timed=True),
    row("swagger without a schema", "/swagger.json", method="GET"),
    row("swagger 3", "/swagger.json?version=3", method="GET"),
    row("swagger 3.1", "/swagger.json?version=3.1", method="GET"),
    row(
        "swagger 9",
        "/swagger.json?version=9",
        method="GET",
        status=404,
        answer={"message": "Swagger version [9] is not valid. Supported versions: [2, 3, 3.1]."},
    ),
    row("POST to swagger", "/swagger.json", status=405, answer=NOT_ALLOWED),
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    # The packager writes this setting into every web service.
    settings = {"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": str(2**31 - 1)}
    with pair(tmp_path_factory.mktemp("text"), SCRIPT, settings) as both:
        yield both


@pytest.mark.process
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_our_answer(servers, row):
    row.check(servers.ours(row.ask))


@pytest.mark.scoring_server
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_real_one_says_the_same(servers, row):
    row.compare(servers.ours(row.ask), servers.real(row.ask))
