import azure.functions as func
import pytest

from triggers.contract import Binding, FunctionResult, ListenerContext
from triggers.errors import InvalidOptions
from triggers.http import HttpListener, HttpOptions, request_metadata


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


def test_the_url_has_host_path_and_query():
    assert request_metadata(_scope(query_string=b"a=1"))["url"] == "http://here:80/api/x?a=1"


def test_empty_query_values_vanish_and_repeated_ones_are_joined():
    assert request_metadata(_scope(query_string=b"a=&b=1&b=2"))["params"] == {"b": "1,2"}


def test_repeated_headers_are_joined():
    headers = [(b"x-a", b"1"), (b"x-a", b"2")]
    assert request_metadata(_scope(headers=headers))["headers"] == {"x-a": "1,2"}


def test_route_parameters_are_those_the_host_found():
    assert request_metadata(_scope(path_params={"id": "5"}))["route_params"] == {"id": "5"}


class _Routes:
    def __init__(self):
        self.mounted = {}

    def mount(self, template, app, *, methods, auth_level):
        self.mounted[template] = (app, list(methods), auth_level)


class _Echo:
    async def execute(self, event):
        return FunctionResult(value=func.HttpResponse(event.data))


def test_the_function_key_stays_between_caller_and_host():
    scope = _scope(query_string=b"code=secret&a=1&b=")
    metadata = request_metadata(scope, hide_key=True)
    assert metadata["params"] == {"a": "1"}
    assert metadata["url"] == "http://here:80/api/x?a=1&b="
    assert request_metadata(scope)["params"]["code"] == "secret"


def test_a_trusted_proxy_says_what_was_asked_for():
    headers = [(b"host", b"inner"), (b"x-forwarded-proto", b"https, http"), (b"x-forwarded-host", b"outer")]
    assert request_metadata(_scope(headers=headers), trust_proxy=True)["url"] == "https://outer/api/x"
    assert request_metadata(_scope(headers=headers))["url"] == "http://inner/api/x"


async def test_a_body_over_the_setting_is_413():
    routes, sent = _Routes(), []
    binding = Binding(type="httpTrigger", name="req", direction="IN", options={"route": "x"})
    settings = {"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "3"}
    await HttpListener(
        ListenerContext(function="f", binding=binding, executor=_Echo(), routes=routes, settings=settings)
    ).start()

    async def send(message):
        sent.append(message)

    await routes.mounted["x"][0](_scope(), _receive(b"ab", b"cd"), send)
    assert sent[0]["status"] == 413


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
    assert (methods, level) == (["GET"], "admin")
    sent = []

    async def send(message):
        sent.append(message)

    await app(_scope(), _receive(b"hello"), send)
    assert sent[0]["status"] == 200
    assert (b"content-length", b"5") in sent[0]["headers"]
    assert sent[1]["body"] == b"hello"


class _Executor:
    def __init__(self, value):
        self.value, self.events = value, []

    async def execute(self, event):
        self.events.append(event)
        return FunctionResult(value=self.value)


async def _ask(executor, receive):
    routes, sent = _Routes(), []
    binding = Binding(type="httpTrigger", name="req", direction="IN", options={"route": "x"})
    await HttpListener(
        ListenerContext(function="f", binding=binding, executor=executor, routes=routes, settings={})
    ).start()

    async def send(message):
        sent.append(message)

    await routes.mounted["x"][0](_scope(), receive, send)
    return sent


async def test_nothing_runs_for_a_client_that_hung_up():
    async def receive():
        return {"type": "http.disconnect"}

    executor = _Executor("x")
    assert await _ask(executor, receive) == []
    assert executor.events == []


async def _streams(scope, receive, send):
    await send({"type": "http.response.start", "status": 99, "headers": []})
    await send({"type": "http.response.body", "body": b"x"})


@pytest.mark.parametrize("value", [func.HttpResponse("x", status_code=99), _streams])
async def test_an_answer_that_cannot_be_sent_is_an_empty_500_and_in_the_log(value, caplog):
    sent = await _ask(_Executor(value), _receive(b""))
    assert [sent[0]["status"], sent[1]["body"], len(sent)] == [500, b"", 2]
    assert [record.name for record in caplog.records] == ["Function.f"]
    assert "status of the answer is 99" in caplog.text


def test_the_urls_path_stays_as_it_was_sent():
    scope = _scope(path="/api/a%/é", raw_path=b"/api/a%25/%C3%A9")
    assert request_metadata(scope)["url"] == "http://here:80/api/a%25/%C3%A9"
    del scope["raw_path"]
    assert request_metadata(scope)["url"] == "http://here:80/api/a%25/%C3%A9"


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
