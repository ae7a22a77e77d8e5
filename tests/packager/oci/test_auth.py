import base64
import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest

from packager.errors import AccessRefused, ImageRegistryError
from packager.oci.auth import Authenticator
from packager.oci.credentials import Credentials

ANN = Credentials(username="ann", password="h0rse-battery")
BEARER = 'Bearer realm="https://auth.example/token",service="r.example"'
PULL = "repository:team/m:pull"


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int = 200
    data: bytes = b'{"token": "t0k3n", "expires_in": 300}'


@dataclass
class TokenService:
    """Gives the answers in their order, the last one for ever."""

    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    asked: list[tuple] = field(default_factory=list)

    def __call__(self, method, url, headers, body):
        self.asked.append((method, url, headers, body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def authenticator(service=None, credentials=ANN, *, clear=False) -> Authenticator:
    return Authenticator("r.example", lambda: credentials, service or TokenService(), clear=clear)


def test_nothing_is_sent_before_the_registry_asks():
    def ask():
        raise AssertionError

    assert Authenticator("r.example", ask, TokenService(), clear=False).headers(PULL) == {}


def test_basic():
    asked = authenticator()
    asked.challenged('Basic realm="x"', PULL)

    assert asked.headers(PULL) == {"Authorization": ANN.basic}


def test_basic_without_credentials_says_what_to_do():
    asked = authenticator(credentials=None)
    asked.challenged('Basic realm="x"', PULL)

    with pytest.raises(AccessRefused, match=r"run 'docker login r\.example'"):
        asked.headers(PULL)
    assert not asked.has_credentials


def test_a_token_is_asked_for_once_for_each_scope():
    service = TokenService()
    asked = authenticator(service)
    asked.challenged(BEARER, PULL)

    assert asked.headers(PULL) == {"Authorization": "Bearer t0k3n"}
    assert asked.headers(PULL) == {"Authorization": "Bearer t0k3n"}
    asked.headers("repository:team/m:pull,push repository:base:pull")
    first, second = service.asked
    assert first[0] == "GET"
    assert first[2] == {"Authorization": "Basic " + base64.b64encode(b"ann:h0rse-battery").decode()}
    assert parse_qs(urlsplit(first[1]).query) == {"service": ["r.example"], "scope": [PULL]}
    assert parse_qs(urlsplit(second[1]).query)["scope"] == ["repository:team/m:pull,push", "repository:base:pull"]


def test_bearer_is_chosen_where_both_are_offered():
    asked = authenticator()
    asked.challenged(f'Basic realm="x", {BEARER}', PULL)

    assert asked.headers(PULL) == {"Authorization": "Bearer t0k3n"}


def test_anybody_may_ask_for_a_token():
    service = TokenService()
    asked = authenticator(service, credentials=None)
    asked.challenged(BEARER, PULL)
    asked.headers(PULL)

    assert service.asked[0][2] == {}


def test_an_identity_token_is_exchanged():
    service = TokenService([Answer(data=b'{"access_token": "new"}')])
    asked = authenticator(service, Credentials(identity_token="idt"))
    asked.challenged(BEARER, PULL)

    assert asked.headers(PULL) == {"Authorization": "Bearer new"}
    method, url, _, body = service.asked[0]
    assert (method, url) == ("POST", "https://auth.example/token")
    assert {"grant_type": ["refresh_token"], "refresh_token": ["idt"], "scope": [PULL]}.items() <= parse_qs(
        body.decode()
    ).items()


def test_an_expired_token_is_replaced_and_so_is_a_refused_one():
    answers = [
        Answer(data=json.dumps({"token": str(n), "expires_in": life}).encode()) for n, life in enumerate((-1, 99, 99))
    ]
    asked = authenticator(TokenService(answers))
    asked.challenged(BEARER, PULL)

    assert asked.headers(PULL) == {"Authorization": "Bearer 0"}
    assert asked.headers(PULL) == {"Authorization": "Bearer 1"}
    asked.challenged(BEARER, PULL)
    assert asked.headers(PULL) == {"Authorization": "Bearer 2"}


@pytest.mark.parametrize(
    ("status", "credentials", "kind", "words"),
    [
        (401, ANN, AccessRefused, r"auth\.example of the registry r\.example refuses these credentials"),
        (403, None, AccessRefused, "refuses anonymous requests"),
        (500, ANN, ImageRegistryError, "gave no token"),
    ],
)
def test_a_token_service_that_refuses_is_named(status, credentials, kind, words):
    asked = authenticator(TokenService([Answer(status=status)]), credentials)
    asked.challenged(BEARER, PULL)

    with pytest.raises(kind, match=words) as refused:
        asked.headers(PULL)
    assert ANN.password not in str(refused.value)


@pytest.mark.parametrize(
    "data", [b"t0k3n", b'{"tok": "t0k3n"}', b'["t0k3n"]', b'{"token": "t0k3n", "expires_in": "x"}']
)
def test_an_answer_without_a_token_is_not_shown(data):
    asked = authenticator(TokenService([Answer(data=data)]))
    asked.challenged(BEARER, PULL)

    with pytest.raises(ImageRegistryError, match="holds no token") as refused:
        asked.headers(PULL)
    assert "t0k3n" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_credentials_do_not_go_over_a_line_without_tls():
    asked = authenticator()
    asked.challenged('Bearer realm="http://auth.example/token"', PULL)

    with pytest.raises(AccessRefused, match="not reached by https"):
        asked.headers(PULL)


def test_a_registry_without_tls_may_have_such_a_token_service():
    asked = authenticator(clear=True)
    asked.challenged('Bearer realm="http://127.0.0.1:1/token"', PULL)

    assert asked.headers(PULL) == {"Authorization": "Bearer t0k3n"}


@pytest.mark.parametrize("header", ["", "Negotiate"])
def test_an_unknown_way_is_refused(header):
    with pytest.raises(AccessRefused, match="basic and bearer are"):
        authenticator().challenged(header, PULL)
