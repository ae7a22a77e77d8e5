"""Reads `Config.json` of Microsoft's Service Bus emulator, within the limits that it documents."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any, TypedDict

from infra.emulators.service_bus.broker.config import (
    CorrelationFilter,
    NamespaceConfig,
    QueueConfig,
    RuleConfig,
    SqlFilter,
    SubscriptionConfig,
    TopicConfig,
)
from infra.emulators.service_bus.broker.config_node import Node, Range
from infra.emulators.service_bus.broker.errors import InvalidBusConfig, InvalidRule
from infra.emulators.service_bus.broker.rules import Rules
from infra.errors import InvalidRunRequest
from triggers.json_file import read_json

_log = logging.getLogger(__name__)

NAMESPACE = "sbemulatorns"
_MOST_ENTITIES = 50
_MOST_RULES = 1000
_LOCK = Range(timedelta(seconds=5), timedelta(minutes=5))
_TTL = Range(timedelta(minutes=5), timedelta(hours=1))
_WINDOW = Range(timedelta(seconds=5), timedelta(minutes=5))
_DEFAULT_WINDOW = timedelta(seconds=20)
_LOGGING_TYPES = ("File", "Console", "File,Console", "Console,File")
_CORRELATION = {
    "ContentType": "content_type",
    "CorrelationId": "correlation_id",
    "Label": "label",
    "MessageId": "message_id",
    "ReplyTo": "reply_to",
    "ReplyToSessionId": "reply_to_session_id",
    "SessionId": "session_id",
    "To": "to",
}


def read_config(path: Path) -> NamespaceConfig:
    """The namespace that the file describes; keys that mean nothing are logged.

    Raises InvalidBusConfig with every problem: its place in the document, its value, and what is allowed.
    """
    document = Node.root(read_json(path, InvalidRunRequest))
    queues, topics = _entities(document)
    for place in document.unknown():
        _log.warning("%s: %s means nothing to the emulator; look for a slip of the pen.", path, place)
    try:
        config = NamespaceConfig(name=NAMESPACE, queues=queues, topics=topics)
    except InvalidBusConfig as error:
        raise InvalidBusConfig(str(path), (*document.problems, *error.problems)) from error
    if document.problems:
        raise InvalidBusConfig(str(path), tuple(document.problems))
    return config


def _entities(document: Node) -> tuple[tuple[QueueConfig, ...], tuple[TopicConfig, ...]]:
    queues: list[QueueConfig] = []
    topics: list[TopicConfig] = []
    user = document.child("UserConfig", required=True)
    if user is None:
        return (), ()
    logs = user.child("Logging")
    if logs is not None:
        logs.text("Type", allowed=_LOGGING_TYPES)
    for node in user.children("Namespaces", Range(1, 1), required=True):
        node.text("Name", required=True, allowed=(NAMESPACE,))
        queues += [_queue(each) for each in node.children("Queues", Range(0, _MOST_ENTITIES))]
        topics += [_topic(each) for each in node.children("Topics", Range(0, _MOST_ENTITIES))]
        if len(queues) + len(topics) > _MOST_ENTITIES:
            document.problems.append(
                f"{node.place} has {len(queues)} queues and {len(topics)} topics; {_MOST_ENTITIES} in all are the most."
            )
    return tuple(queues), tuple(topics)


def _queue(node: Node) -> QueueConfig:
    properties = node.child("Properties") or Node.root({})
    return QueueConfig(
        name=_name(node),
        duplicate_window=_duplicate_window(properties),
        **_holding(properties),
    )


def _topic(node: Node) -> TopicConfig:
    properties = node.child("Properties") or Node.root({})
    return TopicConfig(
        name=_name(node),
        default_ttl=properties.duration("DefaultMessageTimeToLive", _TTL.most, _TTL),
        duplicate_window=_duplicate_window(properties),
        subscriptions=tuple(
            _subscription(each) for each in node.children("Subscriptions", Range(1, _MOST_ENTITIES), required=True)
        ),
    )


def _subscription(node: Node) -> SubscriptionConfig:
    properties = node.child("Properties") or Node.root({})
    rules = tuple(_rule(each) for each in node.children("Rules", Range(0, _MOST_RULES)))
    return SubscriptionConfig(name=_name(node), rules=rules or (RuleConfig(),), **_holding(properties))


class _Holding(TypedDict):
    lock_duration: timedelta
    max_delivery_count: int
    default_ttl: timedelta
    dead_letters_expired: bool
    requires_session: bool
    forward_to: str | None
    forward_dead_letters_to: str | None


def _holding(node: Node) -> _Holding:
    return {
        "lock_duration": node.duration("LockDuration", timedelta(minutes=1), _LOCK),
        "max_delivery_count": node.number("MaxDeliveryCount", 3, Range(1, 10)),
        "default_ttl": node.duration("DefaultMessageTimeToLive", _TTL.most, _TTL),
        "dead_letters_expired": node.flag("DeadLetteringOnMessageExpiration"),
        "requires_session": node.flag("RequiresSession"),
        "forward_to": node.text("ForwardTo"),
        "forward_dead_letters_to": node.text("ForwardDeadLetteredMessagesTo"),
    }


def _duplicate_window(node: Node) -> timedelta | None:
    window = node.duration("DuplicateDetectionHistoryTimeWindow", _DEFAULT_WINDOW, _WINDOW)
    return window if node.flag("RequiresDuplicateDetection") else None


def _rule(node: Node) -> RuleConfig:
    properties = node.child("Properties") or Node.root({})
    kind = properties.text("FilterType", allowed=("Correlation", "Sql"))
    action = properties.child("Action")
    rule = RuleConfig(
        name=_name(node),
        filter=_correlation(properties) if kind == "Correlation" else _sql(properties, required=kind == "Sql"),
        action=None if action is None else action.text("SqlExpression"),
    )
    try:
        Rules((rule,))
    except InvalidRule as error:
        node.problems.append(f"{properties.place}: {error}")
    return rule


def _correlation(properties: Node) -> CorrelationFilter:
    node = properties.child("CorrelationFilter", required=True)
    if node is None:
        return CorrelationFilter()
    fields: dict[str, Any] = {field: node.text(key) for key, field in _CORRELATION.items()}
    free = node.child("Properties")
    return CorrelationFilter(**fields, properties={} if free is None else free.plain_values())


def _sql(properties: Node, *, required: bool) -> SqlFilter:
    """Without a filter type the rule matches everything, as the default rule does."""
    node = properties.child("SqlFilter", required=required)
    expression = None if node is None else node.text("SqlExpression", required=True)
    return SqlFilter() if expression is None else SqlFilter(expression=expression)


def _name(node: Node) -> str:
    return node.text("Name", required=True) or node.place
