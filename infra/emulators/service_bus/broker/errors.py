"""What the broker refuses, each with the AMQP condition that Azure Service Bus answers with.

BrokerError
├── EntityNotFound
├── OperationNotAllowed
│   └── SessionRequired
├── MessageTooLarge
├── QuotaExceeded
├── MessageNotFound
├── InvalidRule
├── RuleNotFound
├── RuleExists
├── MessageLockLost
├── SessionLockLost
├── SessionCannotBeLocked
├── NoSessionAvailable
└── JournalFailed
"""

from typing import ClassVar

from infra.errors import InfraError, InvalidRunRequest


class BrokerError(InfraError):
    """A request that the broker refuses; `condition` is what goes over the wire, `text` the sentence beside it."""

    condition: ClassVar[str] = "amqp:internal-error"

    @property
    def text(self) -> str:
        return str(self)


class EntityNotFound(BrokerError):
    """There is no queue, topic or subscription of that path."""

    condition: ClassVar[str] = "amqp:not-found"


class OperationNotAllowed(BrokerError):
    """The entity is of a kind that cannot do this: a topic is not received from, a dead-letter queue not sent to."""

    condition: ClassVar[str] = "amqp:not-allowed"


class SessionRequired(OperationNotAllowed):
    """The entity has sessions, and the message or the receiver names none."""


class MessageTooLarge(BrokerError):
    """The message is larger than the namespace takes."""

    condition: ClassVar[str] = "amqp:link:message-size-exceeded"


class QuotaExceeded(BrokerError):
    """The entity holds as many bytes as it may."""

    condition: ClassVar[str] = "amqp:resource-limit-exceeded"


class MessageNotFound(BrokerError):
    """No deferred or scheduled message has that sequence number."""

    condition: ClassVar[str] = "com.microsoft:message-not-found"


class InvalidRule(BrokerError):
    """A filter or an action of a rule cannot be read."""

    condition: ClassVar[str] = "amqp:invalid-field"


class RuleNotFound(BrokerError):
    """The subscription has no rule of that name."""

    condition: ClassVar[str] = "amqp:not-found"


class RuleExists(BrokerError):
    """The subscription has a rule of that name."""

    condition: ClassVar[str] = "com.microsoft:entity-already-exists"


class MessageLockLost(BrokerError):
    """The lock token is unknown: it expired, or its message was settled."""

    condition: ClassVar[str] = "com.microsoft:message-lock-lost"


class SessionLockLost(BrokerError):
    """The session's lock expired or belongs to another receiver."""

    condition: ClassVar[str] = "com.microsoft:session-lock-lost"


class SessionCannotBeLocked(BrokerError):
    """Another receiver holds the session."""

    condition: ClassVar[str] = "com.microsoft:session-cannot-be-locked"


class NoSessionAvailable(BrokerError):
    """No session that has messages is free; what a front says when it has waited long enough."""

    condition: ClassVar[str] = "com.microsoft:timeout"


class JournalFailed(BrokerError):
    """What should survive the process cannot be written or read."""


class InvalidBusConfig(InvalidRunRequest):
    """The description of the namespace is wrong; carries every problem."""

    def __init__(self, place: str, problems: tuple[str, ...]) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{place} does not describe a Service Bus namespace:\n{lines}")
        self.problems = problems
