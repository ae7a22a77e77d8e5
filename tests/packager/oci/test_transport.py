import io
import json
import logging

import pytest

from packager.errors import AccessRefused, ImageRegistryError
from packager.oci.credentials import Credentials
from packager.oci.transport import Call, Transport
from tests.packager.oci.registries import access
from tests.support.scripted_server import Reply, scripted

ANN = Credentials(username="ann", password="h0rse-battery")
BASIC = Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})


def call(method: str = "GET", url: str = "v2/m/tags/list", **more: object) -> Call:
    return Call(method=method, url=url, scope="repository:m:pull", doing="list the tags of m", **more)


def bearer(address: str) -> Reply:
    return Reply(status=401, headers={"WWW-Authenticate": f'Bearer realm="http://{address}/token",service="s"'})


def test_credentials_are_sent_once_they_are_asked_for_and_then_at_once():
    with scripted([BASIC, Reply(), Reply()]) as server:
        transport = Transport(server.address, access(credentials=ANN))
        transport.expect(call(), 200)
        transport.expect(call(), 200)

    assert [each.headers.get("Authorization") for each in server.asked] == [None, ANN.basic, ANN.basic]


def test_a_token_is_fetched_from_where_the_registry_says():
    token = Reply(body=json.dumps({"token": "t0k3n"}).encode())
    with scripted([]) as server:
        server.replies += [bearer(server.address), token, Reply()]
        Transport(server.address, access(credentials=ANN)).expect(call(), 200)

    assert server.asked[1].path == "/token?service=s&scope=repository%3Am%3Apull"
    assert server.asked[1].headers["Authorization"] == ANN.basic
    assert server.asked[2].headers["Authorization"] == "Bearer t0k3n"


def test_credentials_that_do_not_help_are_refused_and_not_shown():
    with (
        scripted([BASIC, BASIC]) as server,
        pytest.raises(AccessRefused, match=r"refuses to list the tags of m \(HTTP 401\)") as refused,
    ):
        Transport(server.address, access(credentials=ANN)).expect(call(), 200)

    assert len(server.lines) == 2
    assert "h0rse-battery" not in str(refused.value)


def test_the_body_is_sent_again_with_the_credentials():
    with scripted([BASIC, Reply(status=201)]) as server:
        body = io.BytesIO(b"12345")
        sent = call("PUT", body=body, headers={"Content-Length": "5"})
        Transport(server.address, access(credentials=ANN)).expect(sent, 201)

    assert [each.body for each in server.asked] == [b"12345", b"12345"]


def test_what_is_for_the_registry_is_not_sent_to_another_host():
    with scripted([BASIC, Reply()]) as server, scripted([Reply(), Reply(status=401)]) as other:
        transport = Transport(server.address, access(credentials=ANN))
        transport.expect(call(), 200)
        transport.expect(call("PUT", f"http://{other.address}/upload"), 200)
        refused = transport.send(call("PUT", f"http://{other.address}/upload"))

    assert refused.status == 401
    assert [each.headers.get("Authorization") for each in other.asked] == [None, None]


def test_a_redirect_is_followed_without_the_credentials():
    with scripted([BASIC]) as server, scripted([Reply(body=b"x")]) as other:
        server.replies.append(Reply(status=307, headers={"Location": f"http://{other.address}/blob"}))
        answer = Transport(server.address, access(credentials=ANN)).expect(call(), 200)

    assert answer.data == b"x"
    assert "Authorization" not in other.asked[0].headers


def test_a_request_with_a_body_is_not_redirected():
    with (
        scripted([Reply(status=307, headers={"Location": "/elsewhere"})]) as server,
        pytest.raises(ImageRegistryError, match="HTTP 307"),
    ):
        Transport(server.address, access()).expect(call("PUT", body=b"1"), 201)


def test_a_dropped_connection_is_tried_again_only_if_the_call_may():
    with scripted([Reply(cut_request=0), Reply(), Reply(cut_request=0)]) as server:
        transport = Transport(server.address, access())

        assert transport.expect(call(), 200)
        with pytest.raises(ImageRegistryError, match="dropped the connection"):
            transport.expect(call(again=False), 200)


def test_no_secret_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    token = Reply(body=json.dumps({"token": "t0k3n"}).encode())
    with scripted([]) as server:
        server.replies += [bearer(server.address), token, Reply(status=403)]
        with pytest.raises(AccessRefused) as refused:
            Transport(server.address, access(credentials=ANN)).expect(call(), 200)

    secrets = ("h0rse-battery", "t0k3n", ANN.basic.partition(" ")[2])
    assert caplog.text
    assert not any(secret in caplog.text + str(refused.value) for secret in secrets)
