"""The body of a queue message: base64, as Azure's host writes it, or plain text."""

import base64
from enum import Enum
from typing import Self

from triggers.errors import InvalidOptions, UnreadableMessage


class MessageEncoding(Enum):
    """`extensions.queues.messageEncoding` of host.json."""

    BASE64 = "base64"
    NONE = "none"

    @classmethod
    def parse(cls, value: object) -> Self:
        """The encoding of that name in any case; raises InvalidOptions."""
        try:
            return cls(str(value).lower())
        except ValueError:
            raise InvalidOptions(
                f"host.json: extensions.queues.messageEncoding is {value!r}; it must be 'base64' or 'none'."
            ) from None

    def encode(self, body: bytes) -> str:
        """What the queue holds for the body; raises UnicodeDecodeError for bytes that are no text without base64."""
        return base64.b64encode(body).decode() if self is MessageEncoding.BASE64 else body.decode()

    def decode(self, text: str) -> bytes:
        """The body of what the queue holds; raises UnreadableMessage."""
        if self is MessageEncoding.NONE:
            return text.encode()
        try:
            return base64.b64decode(text, validate=True)
        except ValueError as error:
            raise UnreadableMessage(
                f"The body is no base64 ({error}), but extensions.queues.messageEncoding is 'base64'; "
                "set it to 'none' in host.json when senders write plain text."
            ) from error
