"""triggers.azure_rest against an account of a few lines on the loopback; the real thing: tests/integration"""

import io
import re
from types import SimpleNamespace

import pytest
from aiohttp import web
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.pipeline.transport import HttpRequest
from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy

from triggers import azure_rest
from triggers.azure_rest import BlobRest, noted, shared_key_signature
from triggers.errors import SourceUnavailable
from triggers.http_body import SpooledBody

KEY = "c29tZSBrZXk="


def sdk_signature(method, url, headers):
    policy = SharedKeyCredentialPolicy("account", KEY)
    request = HttpRequest(method, url, headers=headers)
    policy.on_request(PipelineRequest(request, PipelineContext(None)))
    return request.headers["Authorization"].removeprefix("SharedKey account:")


@pytest.mark.parametrize(
    ("method", "path", "query", "headers"),
    [
        ("GET", "abc/x%20y/%C3%BC", {}, {"x-ms-version": "1", "x-ms-date": "now", "if-match": '"0x1"'}),
        ("PUT", "abc/x", {}, {"content-length": "0", "if-none-match": "*", "x-ms-blob-type": "BlockBlob"}),
        ("PUT", "abc/x", {}, {"content-length": "7", "content-type": "text/plain", "x-ms-blob-content-type": "a/b"}),
        (
            "PUT",
            "abc/x",
            {},
            {"content-length": "1", **noted({"Key_1": " a  b ", "key0": "%ü", "KeyA": "", "a_b": "1"})},
        ),
        ("PUT", "abc/x", {}, {"content-length": "1", **noted({"a1": "2", "a_b": "1", "ab": "3", "x": "4"})}),
        ("GET", "abc", {"restype": "container", "comp": "list", "prefix": "a b/ü%+&="}, {"x-ms-date": "now"}),
        ("DELETE", "abc/x", {}, {"x-ms-delete-snapshots": "include", "x-ms-date": "now", "x-ms-version": "1"}),
    ],
)
def test_the_signature_is_that_of_the_sdk(method, path, query, headers):
    asked = azure_rest.asked(query)
    theirs = sdk_signature(method, f"https://account.blob.example/{path}{'?' if asked else ''}{asked}", headers)
    assert shared_key_signature(KEY, method, f"/account/{path}", headers, query) == theirs


@pytest.mark.parametrize("text", ["plain text", "", " a  b ", "100%", "%41", "ümlaut 漢", "a\r\nb\t", "{a}?#+;,=\"'"])
def test_facts_are_header_text(text):
    (header,) = noted({"Name": text}).values()
    assert re.fullmatch("[ -~]*", header)
    assert header == header.strip()
    answer = azure_rest.Answer(status=200, headers={"X-MS-Meta-Name": header}, body=b"")
    assert (answer.facts["name"], answer.facts["Name"]) == (text, text)


class Account:
    """Answers with what is in `answers` one by one, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[tuple[web.Request, bytes]] = []
        self.tokens = 0

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request, await request.read()))
        status, body = self.answers.pop(0) if self.answers else (200, b"")
        return web.Response(status=status, body=body, headers={"x-ms-error-code": f"Code{status}"})

    async def get_token(self, scope: str) -> SimpleNamespace:
        self.tokens += 1
        return SimpleNamespace(token=f"token {self.tokens} for {scope}", expires_on=4e9)


@pytest.fixture
async def account(monkeypatch):
    monkeypatch.setattr(azure_rest, "_PAUSE", 0.0)
    account = Account()
    runner = web.ServerRunner(web.Server(account.handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    account.url = f"http://127.0.0.1:{runner.addresses[0][1]}/account"
    yield account
    await runner.cleanup()


@pytest.fixture
async def open_rest(account):
    opened = []

    def open_rest(query="", credential=None):
        client = SimpleNamespace(url=f"{account.url}/{query}", credential=credential)
        opened.append(BlobRest(SimpleNamespace(client=client)))
        return opened[-1]

    yield open_rest
    for rest in opened:
        await rest.close()


NAMES = ["x y", "ü 漢", "a%20b", "{a}", "?", "#", "a+b", "a&b=c", "$x", "'\"", "~-_.", "ü" * 1024, "a/b//c"]


@pytest.mark.parametrize("name", NAMES)
async def test_names_arrive_as_they_are(account, open_rest, name):
    rest = open_rest()
    await rest.send("GET", f"abc/{name}", doing="test")
    assert account.asked[0][0].path == f"/account/abc/{name}"
    assert rest.url(f"abc/{name}").startswith(f"{account.url}/abc/")
    assert "?" not in rest.url(f"abc/{name}")


async def test_a_shared_access_signature_stays_in_the_query_and_out_of_the_address(account, open_rest):
    rest = open_rest("?sv=1&sig=a%2Fb%3D")
    await rest.send("GET", "abc", doing="test", query={"comp": "list", "prefix": "a/b c"})
    request = account.asked[0][0]
    assert dict(request.query) == {"sv": "1", "sig": "a/b=", "comp": "list", "prefix": "a/b c"}
    assert request.raw_path.endswith("sig=a%2Fb%3D")
    assert "authorization" not in request.headers
    assert "sig" not in rest.url("abc/x")


async def test_an_identitys_token_is_asked_for_once(account, open_rest):
    rest = open_rest(credential=account)
    for _ in range(2):
        await rest.send("GET", "abc/x", doing="test")
    sent = {request.headers["authorization"] for request, _ in account.asked}
    assert sent == {"Bearer token 1 for https://storage.azure.com/.default"}


async def test_a_key_signs_what_is_sent(account, open_rest):
    rest = open_rest(credential=SimpleNamespace(account_key=KEY, account_name="account"))
    await rest.send("PUT", "abc/x y", doing="test", headers=noted({"Key": "ü"}), data=b"data")
    request, body = account.asked[0]
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower().startswith("x-ms-")}
    signature = sdk_signature("PUT", f"{account.url}/abc/x%20y", {**headers, "content-length": "4"})
    assert request.headers["authorization"] == f"SharedKey account:{signature}"
    assert body == b"data"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_file_is_sent_again_from_its_beginning(account, open_rest, status):
    account.answers = [(status, b""), (201, b"")]
    file = io.BytesIO(b"whole file")
    file.read(3)
    answer = await open_rest().send("PUT", "abc/x", doing="test", data=file)
    assert answer.status == 201
    assert [body for _, body in account.asked] == [b"whole file"] * 2
    assert {request.headers["content-length"] for request, _ in account.asked} == {"10"}
    assert not file.closed


async def test_the_last_answer_counts(account, open_rest):
    account.answers = [(503, b"")] * 4
    answer = await open_rest().send("GET", "abc/x", doing="test")
    assert (answer.status, answer.code, len(account.asked)) == (503, "Code503", 3)


async def test_a_refusal_is_not_repeated(account, open_rest):
    account.answers = [(404, b"")]
    assert (await open_rest().send("GET", "abc/x", doing="test")).status == 404
    assert len(account.asked) == 1


async def test_no_answer_at_all_is_told(monkeypatch):
    monkeypatch.setattr(azure_rest, "_PAUSE", 0.0)
    # A port of the loopback that nobody listens on.
    rest = BlobRest(SimpleNamespace(client=SimpleNamespace(url="http://127.0.0.1:9/account/", credential=None)))
    with pytest.raises(SourceUnavailable, match="cannot be reached to read blob 'x'"):
        await rest.send("GET", "abc/x", doing="read blob 'x'")
    await rest.close()


async def test_a_large_answer_waits_on_disk(account, open_rest, monkeypatch):
    monkeypatch.setattr(azure_rest, "_MEMORY_LIMIT", 1000)
    account.answers = [(200, b"x" * 1000), (200, b"x" * 1001)]
    rest = open_rest()
    small, large = [(await rest.send("GET", "abc/x", doing="test")).body for _ in range(2)]
    assert small == b"x" * 1000
    assert isinstance(large, SpooledBody)
    assert (large.size, large.read()) == (1001, b"x" * 1001)
    large.close()


async def test_it_connects_again_after_close(account, open_rest):
    rest = open_rest()
    for _ in range(2):
        assert (await rest.send("GET", "abc/x", doing="test")).status == 200
        await rest.close()
