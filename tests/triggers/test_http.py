import azure.functions as func
import pytest

from triggers import http
from triggers.contract import Binding, FunctionResult, ListenerContext
from triggers.errors import InvalidOptions
from triggers.http import HttpListener, HttpOptions, answer, read_body, request_metadata


def _receive(*chunks: bytes):
    messages = [{"type": "http.request", "body": c, "more_body": i < len(chunks) - 1} for i, c in enumerate(chunks)]

    async def receive():
        return messages.pop(0)

    return receive


def _scope(**more):
    return {
        "type": "http", "method": "POST", "scheme": "http", "path": "/api/x", "query_string": b"",
        "headers": [(b"host", b"here:80")], **more,
    }  # fmt: skip


@pytest.mark.parametrize("chunks", [(b"",), (b"abc",), (b"a", b"", b"bc")])
async def test_the_body_is_read_whole(chunks):
    assert await read_body(_receive(*chunks)) == b"".join(chunks)


async def test_a_body_over_the_limit_is_not_kept(monkeypatch):
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 3)
    assert await read_body(_receive(b"ab", b"cd")) is None


def test_the_url_has_host_path_and_query():
    assert request_metadata(_scope(query_string=b"a=1"))["url"] == "http://here:80/api/x?a=1"


def test_empty_query_values_vanish_and_repeated_ones_are_joined():
    assert request_metadata(_scope(query_string=b"a=&b=1&b=2"))["params"] == {"b": "1,2"}


def test_repeated_headers_are_joined():
    headers = [(b"x-a", b"1"), (b"x-a", b"2")]
    assert request_metadata(_scope(headers=headers))["headers"] == {"x-a": "1,2"}


def test_route_parameters_are_those_the_host_found():
    assert request_metadata(_scope(path_params={"id": "5"}))["route_params"] == {"id": "5"}


@pytest.mark.parametrize(
    ("value", "status", "content_type", "body"),
    [
        ("hi", 200, b"text/plain; charset=utf-8", b"hi"),
        (func.HttpResponse("x", status_code=201), 201, b"text/plain; charset=utf-8", b"x"),
        (func.HttpResponse(b"{}", mimetype="application/json"), 200, b"application/json", b"{}"),
        (func.HttpResponse("x", headers={"Content-Type": "a/b"}), 200, b"a/b", b"x"),
    ],
)
def test_answers(value, status, content_type, body):
    got_status, headers, got_body = answer(FunctionResult(value=value))
    assert (got_status, got_body) == (status, body)
    assert [v for k, v in headers if k == b"content-type"] == [content_type]


@pytest.mark.parametrize("result", [FunctionResult(), FunctionResult(value={"a": 1}), FunctionResult(error=KeyError())])
def test_no_answer_is_500_with_an_empty_body(result):
    assert answer(result) == (500, [], b"")


def test_repeated_response_headers_are_all_sent():
    response = func.HttpResponse("x")
    response.headers.add("Set-Cookie", "a=1")
    response.headers.add("Set-Cookie", "b=2")
    _, headers, _ = answer(FunctionResult(value=response))
    assert [v for k, v in headers if k == b"set-cookie"] == [b"a=1", b"b=2"]


class _Routes:
    def __init__(self):
        self.mounted = {}

    def mount(self, template, app, *, methods, auth_level):
        self.mounted[template] = (app, list(methods), auth_level)


class _Echo:
    async def execute(self, event):
        return FunctionResult(value=func.HttpResponse(event.data))


async def test_the_listener_mounts_what_its_binding_says_and_answers_there():
    routes = _Routes()
    binding = Binding(
        type="httpTrigger",
        name="req",
        direction="IN",
        options={"route": "x/{id}", "methods": ["GET"], "authLevel": "ADMIN"},
    )
    context = ListenerContext(function="f", binding=binding, executor=_Echo(), routes=routes, settings={})
    await HttpListener(context).start()
    app, methods, level = routes.mounted["x/{id}"]
    assert (methods, level) == (["GET"], "ADMIN")
    sent = []

    async def send(message):
        sent.append(message)

    await app(_scope(), _receive(b"hello"), send)
    assert sent[0]["status"] == 200
    assert (b"content-length", b"5") in sent[0]["headers"]
    assert sent[1]["body"] == b"hello"


@pytest.mark.parametrize("options", [{"auth_level": "everyone"}, {"auth_level": 3}, {"route": ""}, {"route": "/"}])
def test_bad_options_are_refused_when_made(options):
    with pytest.raises(InvalidOptions, match=next(iter(options))):
        HttpOptions(**options)


@pytest.mark.parametrize(("level", "declared"), [(None, "FUNCTION"), ("anonymous", "ANONYMOUS"), ("Admin", "ADMIN")])
def test_the_declared_function_asks_for_the_level(level, declared):
    app = func.FunctionApp()
    HttpOptions(auth_level=level).declare(app, handler=None)
    (function,) = app.get_functions()
    trigger = function.get_trigger().get_dict_repr()
    assert function.get_function_name() == "score_http"
    assert (str(trigger["authLevel"]), trigger["route"]) == (declared, "score")


@pytest.mark.parametrize("route", ["{bad", "bad}", "a/{}", "x{id}", "{{id}}", "{id}}/b"])
def test_odd_braces_in_a_route_are_refused(route):
    with pytest.raises(InvalidOptions, match="has the segment"):
        HttpOptions(route=route)


@pytest.mark.parametrize("route", ["score", "v1/score", "items/{id:int?}", "{*rest}", "{name:length(1,3)}/x"])
def test_routes_may_have_parameters(route):
    assert HttpOptions(route=route).route == route
