"""Tokens for everybody who asks, by Entra's and the managed identity's rules of form."""

import base64
import json
import time

from tests.support.fake_arm.wire import Answer, Asked, Refusal

TENANT = "10000000-0000-4000-8000-000000000001"
CALLER = "20000000-0000-4000-8000-000000000002"


def answer(asked: Asked, address: str) -> Answer | None:
    """None for what is no question about tokens."""
    path = asked.path.lower()
    if path.endswith("/.well-known/openid-configuration"):
        return Answer(body=_configuration(address, asked.path.split("/")[1]))
    if path.endswith(("/oauth2/v2.0/token", "/oauth2/token")):
        return Answer(body=_token())
    if path == "/msi/token":
        return _managed(asked)
    return None


def check(asked: Asked) -> None:
    """Raises Refusal for a request without a token."""
    if not asked.headers.get("authorization", "").startswith("Bearer "):
        raise Refusal(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")


def _managed(asked: Asked) -> Answer:
    if "x-identity-header" not in asked.headers and asked.headers.get("metadata") != "true":
        raise Refusal(400, "invalid_request", "Required metadata header not specified.")
    return Answer(body={**_token(), "resource": asked.query.get("resource", "")})


def _configuration(address: str, tenant: str) -> dict[str, object]:
    base = f"{address}/{tenant}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "issuer": f"{base}/v2.0",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
    }


def _token() -> dict[str, object]:
    end = int(time.time()) + 3600
    claims = {"tid": TENANT, "oid": CALLER, "appid": CALLER, "exp": end, "aud": "arm", "iss": "fake"}
    token = ".".join([_part({"alg": "none", "typ": "JWT"}), _part(claims), ""])
    return {"token_type": "Bearer", "access_token": token, "expires_in": 3600, "expires_on": str(end)}


def _part(claims: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
