"""A script with @rawhttp: the request as Flask gives it, every method, files, and answers piece by piece."""

import pytest

from tests.support.scoring_pair import Ask, Row, pair

FAILED = {"message": "An unexpected error occurred in scoring script. Check the logs for more info."}
INTERNAL = {"message": "An unexpected internal error occurred. Check the logs for more info."}
HTML = "text/html; charset=utf-8"
SCRIPT = """
    from azureml.contrib.services.aml_request import AMLRequest, rawhttp
    from azureml.contrib.services.aml_response import AMLResponse
    from azureml_inference_server_http.api.aml_response import AMLResponse as SameResponse

    def init():
        assert SameResponse is AMLResponse

    def seen(request):
        return {
            "method": request.method,
            "path": request.path,
            "query": request.query_string.decode(),
            "args": request.args.to_dict(flat=False),
            "header": request.headers.get("X-A"),
            "type": request.content_type,
            "mimetype": request.mimetype,
            "length": request.content_length,
            "is_json": request.is_json,
            "cookies": dict(request.cookies),
            "url": request.url.split("/", 3)[3],
            "base_url": request.base_url.split("/", 3)[3],
            "full_path": request.full_path,
            "scheme": request.scheme,
            "host": request.host == request.headers["Host"],
            "environ": [request.environ[name] for name in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "HTTP_X_A")],
            "values": request.values.to_dict(),
            "endpoint": request.endpoint,
            "view_args": request.view_args,
        }

    def form(request):
        file = request.files.get("file")
        given = [file.filename, file.content_type, file.read().decode()] if file else None
        return {"form": request.form.to_dict(flat=False), "file": given}

    WAYS = {
        "seen": seen,
        "form": form,
        "data": lambda request: {"data": request.data.hex(), "again": request.get_data().hex()},
        "text": lambda request: request.get_data(as_text=True),
        "json": lambda request: request.json,
        "silent": lambda request: request.get_json(force=True, silent=True),
        "stream": lambda request: [request.stream.read(2).decode(), request.stream.read().decode()],
        "bytes": lambda request: b"x",
        "image": lambda request: AMLResponse(request.data, 200, {"Content-Type": "image/png", "X-Test-A": "b"}),
        "cookie": lambda request: cookie(),
        "pieces": lambda request: AMLResponse((part for part in ["a", "b", "c"]), 200),
        "status": lambda request: AMLResponse("said", int(request.args["status"])),
        "raise": lambda request: 1 / 0,
    }

    def cookie():
        answer = AMLResponse("x", 200)
        answer.set_cookie("a", "b")
        return answer

    @rawhttp
    def run(request):
        return WAYS[request.args.get("way", "seen")](request)
    """
FORM = {"content-type": "application/x-www-form-urlencoded"}
PARTS = {"content-type": "multipart/form-data; boundary=b"}
FILE = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n'
    b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n'
)


def row(way, name=None, *, method="POST", body=b"", headers=None, answer=None, path=None, **expected):
    ask = Ask(method=method, path=path or f"/score?way={way}", headers=headers or {}, body=body)
    return Row(name=name or way, ask=ask, body=answer, **{"timed": True, **expected})


ROWS = [
    row("seen", body=b"{}", headers={"content-type": "application/json; charset=utf-8", "cookie": "a=1; b=2"}),
    row("seen", "GET", method="GET", path="/score?a=1&a=2&b=%20x"),
    row("seen", "OPTIONS runs the script", method="OPTIONS", path="/score"),
    row("seen", "HEAD runs the script", method="HEAD", path="/score", answer=b""),
    row(
        "seen",
        "PUT does not",
        method="PUT",
        status=405,
        timed=False,
        answer={"message": "The method is not allowed for the requested URL."},
    ),
    row("form", body=b"a=1&a=2&b=x", headers=FORM, answer={"form": {"a": ["1", "2"], "b": ["x"]}, "file": None}),
    row("form", "file", body=FILE, headers=PARTS, answer={"form": {"x": ["1"]}, "file": ["a.txt", "text/plain", "hi"]}),
    row("data", body=b"\xff\x00", answer={"data": "ff00", "again": "ff00"}),
    row("text", body="ä".encode(), answer="ä"),
    row("json", body=b'{"a": [1]}', headers={"content-type": "application/json"}, answer={"a": [1]}),
    row("json", "json of another type", body=b"{}", status=500, answer=FAILED, failed="True", timed=False),
    row("silent", body=b"no", answer={}),
    row("stream", body=b"hello", answer=["he", "llo"]),
    row("bytes", status=500, answer=INTERNAL, timed=False),
    row("image", body=b"\x89PNG", answer=b"\x89PNG", content_type="image/png"),
    row("cookie", answer=b"x", content_type=HTML),
    row("pieces", answer=b"abc", content_type=HTML),
    *(
        row("", f"status {status}", path=f"/score?way=status&status={status}", status=status, content_type=HTML)
        for status in (201, 400, 404, 422)
    ),
    row("", "status 503", path="/score?way=status&status=503", status=503, content_type=HTML, failed="True"),
    row("raise", status=500, answer=FAILED, failed="True", timed=False),
    row("ids", "ids", path="/score", headers={"x-ms-client-request-id": "c", "TraceId": "t"}),
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with pair(tmp_path_factory.mktemp("raw"), SCRIPT) as both:
        yield both


@pytest.mark.process
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_our_answer(servers, row):
    row.check(servers.ours(row.ask))


@pytest.mark.scoring_server
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_real_one_says_the_same(servers, row):
    row.compare(servers.ours(row.ask), servers.real(row.ask))
