"""Errors of the triggers package.

TriggerError
├── UnknownTrigger
├── UnknownBinding
├── InvalidInput
├── InvalidOptions
│   └── InvalidPath
├── ConnectionNotConfigured
├── SourceUnavailable
├── UnreadableMessage
├── UnsendableAnswer
├── MessageRefused
├── BlobRefused
└── DeliveryLost
"""


class TriggerError(Exception):
    """Anything that is wrong with a trigger or its event source."""


class UnknownTrigger(TriggerError):
    """No adapter of that name; the message lists those there are."""


class UnknownBinding(TriggerError):
    """No adapter for inputs and outputs of that type; the message lists those there are."""


class InvalidInput(TriggerError):
    """The text that a function is to be run for by hand stands for no event of its trigger."""


class InvalidOptions(TriggerError):
    """The adapter refuses its options."""


class InvalidPath(InvalidOptions):
    """A blob path pattern that cannot be matched or filled."""


class ConnectionNotConfigured(TriggerError):
    """The app setting that a binding names does not exist or cannot be used."""


class SourceUnavailable(TriggerError):
    """The event source cannot be reached now; the listener backs off and tries again."""


class UnreadableMessage(TriggerError):
    """The body of a message is not encoded as host.json says; it is moved to the poison queue."""


class UnsendableAnswer(TriggerError):
    """A function's answer has a status or a header that HTTP cannot carry; its caller gets 500."""


class MessageRefused(TriggerError):
    """A message cannot be sent although its namespace can be reached; that is a failed attempt."""


class BlobRefused(TriggerError):
    """One blob cannot be read or written although its account can be reached; that is a failed attempt."""


class DeliveryLost(TriggerError):
    """The claim ran out before it was settled; the event will come again."""


def is_unavailable(error: BaseException | None) -> bool:
    """Was it storage that failed, not the function? Then the attempt is nobody's fault."""
    while error is not None:
        if isinstance(error, SourceUnavailable):
            return True
        error = error.__cause__
    return False
