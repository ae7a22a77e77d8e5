"""What a namespace consists of: queues, topics, subscriptions and rules, as values."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from infra.emulators.service_bus.broker.errors import InvalidBusConfig

DEFAULT_RULE_NAME = "$Default"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationFilter:
    """Matches messages whose fields equal all that are given here."""

    content_type: str | None = None
    correlation_id: str | None = None
    label: str | None = None
    message_id: str | None = None
    reply_to: str | None = None
    reply_to_session_id: str | None = None
    session_id: str | None = None
    to: str | None = None
    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlFilter:
    """Matches messages for which the expression is true; `1=1` and `1=0` are Azure's true and false filters."""

    expression: str = "1=1"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConfig:
    """Which messages a subscription gets, and what `action`, an SQL statement, changes in its copy."""

    name: str = DEFAULT_RULE_NAME
    filter: SqlFilter | CorrelationFilter = SqlFilter()
    action: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueConfig:
    """One queue; the defaults are those of the official emulator, which gives up sooner than Azure."""

    name: str
    lock_duration: timedelta = timedelta(minutes=1)
    max_delivery_count: int = 3
    default_ttl: timedelta = timedelta(hours=1)
    dead_letters_expired: bool = False
    duplicate_window: timedelta | None = None
    """None: duplicates are not looked for."""
    requires_session: bool = False
    forward_to: str | None = None
    forward_dead_letters_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionConfig(QueueConfig):
    """One subscription: a queue that a topic fills by rules."""

    rules: tuple[RuleConfig, ...] = (RuleConfig(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicConfig:
    """One topic with its subscriptions."""

    name: str
    default_ttl: timedelta = timedelta(hours=1)
    duplicate_window: timedelta | None = None
    subscriptions: tuple[SubscriptionConfig, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceConfig:
    """A whole namespace. Names are unique whatever their case, and forwarding leads somewhere and never in a circle."""

    name: str = "sbemulatorns"
    queues: tuple[QueueConfig, ...] = ()
    topics: tuple[TopicConfig, ...] = ()
    max_message_bytes: int = 256 * 1024
    max_entity_bytes: int = 100 * 1024 * 1024

    def __post_init__(self) -> None:
        problems = (*_doubled(self), *_lost_forwards(self), *_circles(self))
        if problems:
            raise InvalidBusConfig(f"Namespace {self.name!r}", problems)

    @classmethod
    def of(cls, *, queues: Sequence[str] = (), topics: Mapping[str, Sequence[str]] | None = None) -> Self:
        """Queues of these names, and topics with subscriptions of these names, with defaults for the rest."""
        return cls(
            queues=tuple(QueueConfig(name=name) for name in queues),
            topics=tuple(
                TopicConfig(name=name, subscriptions=tuple(SubscriptionConfig(name=each) for each in subscriptions))
                for name, subscriptions in (topics or {}).items()
            ),
        )


def _doubled(config: NamespaceConfig) -> list[str]:
    entities = [*(queue.name for queue in config.queues), *(topic.name for topic in config.topics)]
    problems = [f"{name!r} is the name of more than one queue or topic." for name in _repeated(entities)]
    for topic in config.topics:
        names = [each.name for each in topic.subscriptions]
        problems += [
            f"{name!r} is the name of more than one subscription of {topic.name!r}." for name in _repeated(names)
        ]
        for subscription in topic.subscriptions:
            rules = _repeated([rule.name for rule in subscription.rules])
            problems += [f"{name!r} is the name of more than one rule of {subscription.name!r}." for name in rules]
    return problems


def _repeated(names: Sequence[str]) -> list[str]:
    counted = Counter(name.lower() for name in names)
    return [name for name, count in counted.items() if count > 1]


def _lost_forwards(config: NamespaceConfig) -> list[str]:
    known = {queue.name.lower() for queue in config.queues} | {topic.name.lower() for topic in config.topics}
    return [
        f"{source!r} forwards to {target!r}, and there is no queue or topic of that name."
        for source, targets in _forwards(config)
        for target in targets
        if target.lower() not in known
    ]


def _forwards(config: NamespaceConfig) -> list[tuple[str, list[str]]]:
    """Every entity with those that its messages may be forwarded to; a topic leads to where its subscriptions lead."""
    found = [(queue.name, _targets(queue)) for queue in config.queues]
    for topic in config.topics:
        found.append((topic.name, [target for each in topic.subscriptions for target in _targets(each)]))
    return found


def _targets(queue: QueueConfig) -> list[str]:
    return [target for target in (queue.forward_to, queue.forward_dead_letters_to) if target]


def _circles(config: NamespaceConfig) -> list[str]:
    edges = {source.lower(): [target.lower() for target in targets] for source, targets in _forwards(config)}
    return [
        f"Messages of {source!r} would be forwarded in a circle; take out ForwardTo or ForwardDeadLetteredMessagesTo."
        for source, _ in _forwards(config)
        if source.lower() in _reached(edges, source.lower())
    ]


def _reached(edges: Mapping[str, list[str]], start: str) -> set[str]:
    reached: set[str] = set()
    open_ends = list(edges.get(start, ()))
    while open_ends:
        name = open_ends.pop()
        if name not in reached:
            reached.add(name)
            open_ends += edges.get(name, ())
    return reached
