import json

import azure.functions as func
import pytest

from function_host.scoring.service_keys import ServiceKeys

KEYS = {"AML_SERVICE_PRIMARY_KEY": "one", "AML_SERVICE_SECONDARY_KEY": "two"}


def request(authorization: str | None) -> func.HttpRequest:
    headers = {"Authorization": authorization} if authorization is not None else {}
    return func.HttpRequest(method="POST", url="/score", headers=headers, body=b"")


@pytest.mark.parametrize("shown", ["Bearer one", "bearer two", "Bearer  one "])
def test_either_key_opens(shown):
    assert ServiceKeys(KEYS).refusal(request(shown)) is None


@pytest.mark.parametrize("shown", [None, "", "one", "Basic one", "Bearer ", "Bearer One", "Bearer onetwo", "Bearer é"])
def test_nothing_else_does(shown):
    refusal = ServiceKeys(KEYS).refusal(request(shown))

    assert refusal.status_code == 401
    assert "Bearer <key>" in json.loads(refusal.get_body())["message"]


def test_without_keys_everybody_is_answered(monkeypatch):
    assert ServiceKeys({}).refusal(request(None)) is None
    assert ServiceKeys({"AML_SERVICE_PRIMARY_KEY": ""}).refusal(request(None)) is None
    monkeypatch.setenv("AML_SERVICE_PRIMARY_KEY", "of this process")
    assert ServiceKeys().refusal(request(None)).status_code == 401
