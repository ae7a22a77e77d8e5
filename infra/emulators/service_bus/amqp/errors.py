"""What AMQP calls an error: a condition and a sentence."""


class AmqpError(Exception):
    """Something a peer is told of, with the condition it looks for."""

    def __init__(self, condition: str, text: str) -> None:
        super().__init__(text)
        self.condition = condition
        self.text = text


class DecodeError(AmqpError):
    """Bytes that are not AMQP."""

    def __init__(self, text: str) -> None:
        super().__init__("amqp:decode-error", text)
