"""A small token service whose tokens a real registry verifies by the certificate of their key."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jwt
import trustme
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

ISSUER, SERVICE = "tests", "registry.test"


@dataclass(kw_only=True)
class TokenService:
    """Anybody who knows the password may push and pull what is asked for; others only pull below `open/`."""

    address: str
    password: str
    life: int = 300
    asked: list[str] = field(default_factory=list)

    def registry_settings(self, certificates: Path) -> dict[str, object]:
        """What the registry's configuration must say."""
        realm = f"http://{self.address}/token"
        token = {"realm": realm, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": str(certificates)}
        return {"auth": {"token": token}}


@contextmanager
def serving(password: str, authority: trustme.CA) -> Iterator[TokenService]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.service = TokenService(address=f"127.0.0.1:{server.server_port}", password=password)
    server.key = authority.issue_cert("token.test", key_type=trustme.KeyType.RSA)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        service: TokenService = self.server.service
        query = parse_qs(urlsplit(self.path).query)
        known = self._password()
        if known not in {None, service.password}:
            self._send(401, {})
            return
        service.asked += query.get("scope", [])
        access = [_granted(scope, known is not None) for scope in query.get("scope", [])]
        token = _signed(self.server.key, {"access": access, "sub": "tests"}, service.life)
        self._send(200, {"token": token, "expires_in": service.life})

    def _password(self) -> str | None:
        header = self.headers.get("Authorization", "")
        return base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")[2] if header else None

    def _send(self, status: int, document: dict[str, object]) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def _granted(scope: str, known: bool) -> dict[str, object]:
    kind, name, actions = scope.split(":")
    allowed = actions.split(",") if known else ["pull"] * name.startswith("open/")
    return {"type": kind, "name": name, "actions": allowed}


def _signed(key: trustme.LeafCert, claims: dict[str, object], life: int) -> str:
    now = int(time.time())
    times = {"iat": now - 1, "nbf": now - 1, "exp": now + life}
    certificate = load_pem_x509_certificate(key.cert_chain_pems[0].bytes())
    chain = [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()]
    private = load_pem_private_key(key.private_key_pem.bytes(), password=None)
    payload = {"iss": ISSUER, "aud": SERVICE, "jti": str(now), **times, **claims}
    return jwt.encode(payload, private, algorithm="RS256", headers={"x5c": chain})
