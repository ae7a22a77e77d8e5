import asyncio
from datetime import timedelta

import httpx
import pytest

from function_host.errors import ConfigError
from function_host.http.middleware import HttpConfig, read_http_config, wrap
from triggers.http_answer import respond


async def _hello(scope, receive, send):
    await respond(send, 200, [(b"x-own", b"own")], b"hello")


async def _ask(app, method="GET", path="/", **headers):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        return await client.request(method, path, headers=headers)


def test_without_a_wish_nothing_is_put_around_the_app():
    assert wrap(_hello, HttpConfig()) is _hello


async def test_custom_headers_are_added_but_never_replace_the_functions_own():
    app = wrap(_hello, HttpConfig(custom_headers={"X-H": "v", "X-Own": "other"}))
    answer = await _ask(app)
    assert (answer.headers["x-h"], answer.headers["x-own"]) == ("v", "own")


async def test_hsts_is_told():
    answer = await _ask(wrap(_hello, HttpConfig(hsts_max_age=timedelta(days=1))))
    assert answer.headers["strict-transport-security"] == "max-age=86400"


async def test_more_requests_than_allowed_get_429_and_are_taken_again_later():
    release = asyncio.Event()

    async def slow(scope, receive, send):
        await release.wait()
        await respond(send, 200, [], b"")

    app = wrap(slow, HttpConfig(max_outstanding_requests=1))
    first = asyncio.create_task(_ask(app))
    await asyncio.sleep(0.01)
    refused = await _ask(app)
    release.set()
    assert (refused.status_code, refused.headers["x-functions-scaleout"]) == (429, "1")
    assert (await first).status_code == 200
    assert (await _ask(app)).status_code == 200


@pytest.mark.parametrize(
    "path", ["/admin/host/status", "/runtime/webhooks/x", "/health/live", "/health/ready", "/metrics"]
)
async def test_the_hosts_own_paths_are_never_throttled(path):
    app = wrap(_hello, HttpConfig(max_outstanding_requests=0))
    assert (await _ask(app, path=path)).status_code == 200
    assert (await _ask(app, path="/health/db")).status_code == 429


CORS = HttpConfig(cors_origins=["http://a"], cors_credentials=True)


async def test_a_known_origin_is_allowed():
    answer = await _ask(wrap(_hello, CORS), origin="http://a")
    assert answer.headers["access-control-allow-origin"] == "http://a"
    assert answer.headers["access-control-allow-credentials"] == "true"


async def test_another_origin_is_answered_without_permission():
    answer = await _ask(wrap(_hello, CORS), origin="http://b")
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


async def test_a_preflight_is_answered_by_the_host():
    asked = {"origin": "http://a", "access-control-request-method": "PUT", "access-control-request-headers": "x-k"}
    answer = await _ask(wrap(_hello, CORS), method="OPTIONS", **asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-methods"] == "PUT"
    assert answer.headers["access-control-allow-headers"] == "x-k"


async def test_everybody_may_be_allowed():
    answer = await _ask(wrap(_hello, HttpConfig(cors_origins=["*"])), origin="http://any")
    assert answer.headers["access-control-allow-origin"] == "*"


def test_the_section_is_read_with_its_defaults():
    section = {
        "maxOutstandingRequests": "5", "customHeaders": {"A": 1}, "hsts": {"isEnabled": True, "maxAge": "10"},
        "routePrefix": "/v1/",
    }  # fmt: skip
    settings = {"FUNCTIONS_ENABLE_CORS_CONFIGURATION": "1", "CORS_ALLOWED_ORIGINS": '["http://a"]'}
    config = read_http_config(section, settings, place="host.json: $.http")
    assert config == HttpConfig(
        route_prefix="v1",
        max_outstanding_requests=5,
        custom_headers={"A": "1"},
        hsts_max_age=timedelta(days=10),
        cors_origins=["http://a"],
    )
    assert read_http_config({}, {}, place="") == HttpConfig()


@pytest.mark.parametrize(
    ("section", "settings", "complaint"),
    [
        ({"maxOutstandingRequests": "many"}, {}, r"P\.maxOutstandingRequests is 'many'"),
        ({"maxOutstandingRequests": -2}, {}, r"P\.maxOutstandingRequests is -2"),
        ({"customHeaders": []}, {}, r"P\.customHeaders must be a JSON object"),
        ({"customHeaders": {"X": "a\nb"}}, {}, r"P\.customHeaders: The header 'X' is 'a\\nb'; take the line breaks"),
        ({"customHeaders": {"X": "\u20ac"}}, {}, r"P\.customHeaders: .*Latin-1"),
        ({"customHeaders": {"X Y": "a"}}, {}, r"P\.customHeaders: 'X Y' is no name of a header"),
        ({"customHeaders": {"Date": "a"}}, {}, r"P\.customHeaders\.Date: the server writes this header itself"),
        (
            {},
            {
                "FUNCTIONS_ENABLE_CORS_CONFIGURATION": "1",
                "CORS_ALLOWED_ORIGINS": '["*"]',
                "CORS_SUPPORT_CREDENTIALS": "true",
            },
            r"every origin \('\*'\) and credentials",
        ),
        ({"hsts": {"isEnabled": True, "maxAge": "soon"}}, {}, r"P\.hsts\.maxAge: 'soon'"),
        ({}, {"FUNCTIONS_ENABLE_CORS_CONFIGURATION": "1", "CORS_ALLOWED_ORIGINS": "x"}, "CORS_ALLOWED_ORIGINS"),
        ({}, {"FUNCTIONS_ENABLE_CORS_CONFIGURATION": "1", "CORS_ALLOWED_ORIGINS": "{}"}, "CORS_ALLOWED_ORIGINS"),
    ],
)
def test_a_broken_section_is_told_with_its_place(section, settings, complaint):
    with pytest.raises(ConfigError, match=complaint):
        read_http_config(section, settings, place="P")
