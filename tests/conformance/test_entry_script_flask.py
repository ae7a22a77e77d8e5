"""A script that imports Flask itself, which the scoring server was made of."""

import pytest

from tests.support.scoring_pair import Ask, Row, pair

FAILED = {"message": "An unexpected error occurred in scoring script. Check the logs for more info."}
HTML = "text/html; charset=utf-8"
SCRIPT = """
    import flask
    from flask import Response, jsonify, make_response, request

    def init():
        pass

    WAYS = {
        "jsonify": lambda: jsonify({"b": 1, "a": [2]}),
        "response": lambda: Response("made", status=202, headers={"X-Test-A": "1"}, mimetype="text/csv"),
        "500": lambda: Response("bad", status=500),
        "make": lambda: make_response("made", 201),
        "request": lambda: [request.method, request.path, request.headers["X-A"], request.get_data(as_text=True)],
        "abort": lambda: flask.abort(404),
        "tuple": lambda: ("text", 201),
        "redirect": lambda: flask.redirect("/elsewhere"),
    }

    def run(data):
        return WAYS[data]()
    """


def row(way, answer=None, **expected):
    return Row(name=way, ask=Ask(body=way.encode()), body=answer, **{"timed": True, **expected})


ROWS = [
    row("jsonify", {"a": [2], "b": 1}, failed=None),
    row("response", b"made", status=202, failed=None, content_type="text/csv; charset=utf-8"),
    row("500", b"bad", status=500, failed="True", content_type=HTML),
    row("make", b"made", status=201, failed=None, content_type=HTML),
    row("request", ["POST", "/score", "b", "request"]),
    row("abort", FAILED, status=500, failed="True", timed=False),
    row("tuple", ["text", 201]),
    row("redirect", status=302, failed=None, content_type=HTML),
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with pair(tmp_path_factory.mktemp("flask"), SCRIPT) as both:
        yield both


@pytest.mark.process
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_our_answer(servers, row):
    row.check(servers.ours(row.ask))


@pytest.mark.scoring_server
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_real_one_says_the_same(servers, row):
    row.compare(servers.ours(row.ask), servers.real(row.ask))
