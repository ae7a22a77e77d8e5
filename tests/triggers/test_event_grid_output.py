"""triggers.event_grid_output"""

import json
import sys
from types import SimpleNamespace

import pytest
from aiohttp import web
from azure.core.exceptions import ClientAuthenticationError

from triggers.contract import Binding, BindingContext
from triggers.errors import ConnectionNotConfigured, SourceUnavailable
from triggers.event_grid_output import EventGridWriter, KeyAccess, event_grid_writer

SETTINGS = {"TopicUri": "http://127.0.0.1:9/api/events", "TopicKey": "k"}


@pytest.fixture
async def topic():
    """A topic on the loopback: `.url`, `.requests`, `.status`."""

    class Topic:
        status = 200
        requests: list = []  # noqa: RUF012

    async def take(request: web.Request) -> web.Response:
        key = request.headers.get("aeg-sas-key") or request.headers["authorization"]
        Topic.requests.append((key, request.content_type, json.loads(await request.read())))
        return web.Response(status=Topic.status, text="why")

    Topic.requests = []
    app = web.Application()
    app.router.add_post("/api/events", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    Topic.url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/events"
    yield Topic
    await runner.cleanup()


@pytest.fixture
async def writer(topic):
    writer = EventGridWriter(topic.url, KeyAccess("k"))
    await writer.open()
    yield writer
    await writer.close()


@pytest.mark.parametrize(
    ("value", "kind", "events"),
    [
        ('{"id": "1"}', "application/json", [{"id": "1"}]),
        (b'[{"id": "1"}, {"id": "2"}]', "application/json", [{"id": "1"}, {"id": "2"}]),
        (json.dumps(['{"id": "1"}']), "application/json", [{"id": "1"}]),
        ('{"specversion": "1.0"}', "application/cloudevents-batch+json", [{"specversion": "1.0"}]),
    ],
)
async def test_events_are_posted_with_the_key(writer, topic, value, kind, events):
    await writer.write(value, {})
    assert topic.requests == [("k", kind, events)]


async def test_no_events_are_not_posted(writer, topic):
    await writer.write("[]", {})
    assert topic.requests == []


async def test_a_refusal_repeats_the_topics_words(writer, topic):
    topic.status = 401
    with pytest.raises(SourceUnavailable, match="refused the events: 401 why"):
        await writer.write("{}", {})


async def test_a_topic_that_is_not_there():
    writer = EventGridWriter(SETTINGS["TopicUri"], KeyAccess("k"))
    with pytest.raises(SourceUnavailable, match="cannot be reached"):
        await writer.write("{}", {})
    await writer.close()


@pytest.mark.parametrize(("value", "error"), [(1, TypeError), ("[1]", TypeError), ("x", ValueError)])
async def test_what_is_no_event(writer, value, error):
    with pytest.raises(error):
        await writer.write(value, {})


def binding(**options) -> Binding:
    return Binding(type="eventGrid", name="out", direction="OUT", options=options)


def opened(settings=SETTINGS, **options):
    return event_grid_writer(BindingContext(binding=binding(**options), settings=settings))


def test_the_settings_are_found_in_any_case():
    assert opened(topicEndpointUri="topicuri", topicKeySetting="TOPICKEY")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "names no topic: give it topicEndpointUri and topicKeySetting"),
        ({"connection": "C"}, "'C__topicEndpointUri' is not set"),
        ({"connection": "TopicKey"}, "'TopicKey__topicEndpointUri' is not set"),
        ({"topicEndpointUri": "No", "topicKeySetting": "TopicKey"}, "'No' is not set, but topicEndpointUri"),
    ],
)
def test_a_topic_that_is_not_configured(options, told):
    with pytest.raises(ConnectionNotConfigured, match=told):
        opened(**options)


class Identity:
    """An identity that gives a token, or none."""

    token: str | None = "t"
    closed = 0

    async def get_token(self, scope: str):
        assert scope == "https://eventgrid.azure.net/.default"
        if self.token is None:
            raise ClientAuthenticationError("no identity here")
        return SimpleNamespace(token=self.token)

    async def close(self) -> None:
        self.closed += 1


async def test_an_identity_publishes_with_its_token(topic, monkeypatch):
    identity = Identity()
    fake = SimpleNamespace(DefaultAzureCredential=lambda **_: identity)
    monkeypatch.setitem(sys.modules, "azure.identity.aio", fake)
    writer = opened({"C__topicEndpointUri": topic.url}, connection="C")
    await writer.write('{"id": "1"}', {})
    assert topic.requests == [("Bearer t", "application/json", [{"id": "1"}])]
    identity.token = None
    with pytest.raises(SourceUnavailable, match="The identity gets no token for Event Grid: no identity here"):
        await writer.write('{"id": "1"}', {})
    await writer.close()
    assert identity.closed == 1


def test_an_identity_needs_its_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "azure.identity.aio", None)
    with pytest.raises(ConnectionNotConfigured, match="azure-identity is not installed"):
        opened({"C__topicEndpointUri": "https://t"}, connection="C")
