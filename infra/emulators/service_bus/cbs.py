"""The node `$cbs`: clients bring a token there before they open links."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Protocol
from urllib.parse import parse_qs

from infra.emulators.service_bus.amqp.types import Int
from infra.emulators.service_bus.message import Message, Properties, value_body, value_of


class Allows(Protocol):
    """Judges tokens."""

    def __call__(self, token: str) -> str | None:
        """None when the token opens the namespace, otherwise a sentence that says why not."""
        ...


def anyone(token: str) -> str | None:
    """Takes every token, as the official emulator does."""
    return None


class SharedKey:
    """Takes shared access signatures that were made with one key, under whatever name, and nothing else."""

    def __init__(self, key: str, *, now: Callable[[], float] = time.time) -> None:
        self._key = key.encode()
        self._now = now

    def __call__(self, token: str) -> str | None:
        kind, _, fields = token.partition(" ")
        given = {name: values[0] for name, values in parse_qs(fields).items()}
        # What was signed is the resource as it is written, with its percent signs.
        resource = dict(part.partition("=")[::2] for part in fields.split("&")).get("sr", "")
        if kind != "SharedAccessSignature" or not {"sr", "sig", "se"} <= given.keys():
            return "The token is no shared access signature, and this namespace takes nothing else."
        digest = hmac.new(self._key, f"{resource}\n{given['se']}".encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(base64.b64encode(digest), given["sig"].encode()):
            return f"The signature for {given['sr']} was not made with the key of this namespace."
        if not given["se"].isdigit() or int(given["se"]) < self._now():
            return f"The token for {given['sr']} expired at {given['se']}."
        return None


class TokenDesk:
    """Answers the `put-token` requests of one connection and remembers whether one was good."""

    def __init__(self, allows: Allows) -> None:
        self._allows = allows
        self.authorized = allows is anyone

    def answer(self, request: Message) -> Message:
        """202 for a token that is taken, 401 with a sentence for another."""
        token = value_of(request)
        text = token.decode(errors="replace") if isinstance(token, bytes) else str(token)
        complaint = self._allows(text)
        if complaint is None:
            self.authorized = True
        status, description = (202, "Accepted") if complaint is None else (401, complaint)
        return Message(
            body=value_body(None),
            properties=Properties(correlation_id=request.properties.message_id),
            application_properties={"status-code": Int(status), "status-description": description},
        )
