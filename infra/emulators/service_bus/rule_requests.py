"""Requests about a subscription's rules, with the descriptions that AMQP clients write and read."""

from collections.abc import Callable, Mapping
from dataclasses import fields

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.types import Described, Timestamp, ULong
from infra.emulators.service_bus.broker.config import CorrelationFilter, RuleConfig, SqlFilter
from infra.emulators.service_bus.broker.topic import Subscription
from infra.emulators.service_bus.requests import INVALID, Request

_RULE, _NO_ACTION, _ACTION = ULong(0x13700000004), ULong(0x13700000005), ULong(0x13700000006)
# These four have one digit less; every client expects them so.
_SQL, _TRUE, _FALSE, _CORRELATION = (ULong(0x1370000000 + number) for number in (6, 7, 8, 9))
_CONSTANTS = {"1=1": _TRUE, "1=0": _FALSE}
_CORRELATED = (
    "correlation_id",
    "message_id",
    "to",
    "reply_to",
    "label",
    "session_id",
    "reply_to_session_id",
    "content_type",
)
"""The fields of a correlation filter in their order on the wire; the application properties follow."""


class RuleRequests:
    """What can be asked about the rules of a subscription."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    def operations(self) -> dict[str, Callable[[Request], Mapping[str, object] | None]]:
        return {
            "com.microsoft:add-rule": self._add,
            "com.microsoft:remove-rule": self._remove,
            "com.microsoft:enumerate-rules": self._enumerate,
        }

    def _add(self, request: Request) -> Mapping[str, object]:
        description = request.get("rule-description", dict)
        action = description.get("sql-rule-action")
        rule = RuleConfig(
            name=request.get("rule-name", str),
            filter=_filter(description),
            action=_expression(action) if isinstance(action, dict) and action.get("expression") else None,
        )
        self._subscription.add_rule(rule)
        return {}

    def _remove(self, request: Request) -> Mapping[str, object]:
        self._subscription.remove_rule(request.get("rule-name", str))
        return {}

    def _enumerate(self, request: Request) -> Mapping[str, object] | None:
        skip, top = request.optional("skip", int) or 0, request.get("top", int)
        found = self._subscription.rules[skip : skip + top]
        return {"rules": [{"rule-description": _described(rule)} for rule in found]} if found else None


def _filter(description: Mapping[object, object]) -> SqlFilter | CorrelationFilter:
    sql, correlation = description.get("sql-filter"), description.get("correlation-filter")
    if isinstance(sql, dict):
        return SqlFilter(expression=_expression(sql))
    if not isinstance(correlation, dict):
        raise AmqpError(INVALID, "A rule's description needs `sql-filter` or `correlation-filter`.")
    known = {field.name.replace("_", "-"): field.name for field in fields(CorrelationFilter)}
    return CorrelationFilter(**{known[key]: value for key, value in correlation.items() if key in known and value})


def _expression(sql: Mapping[object, object]) -> str:
    expression = sql.get("expression")
    if not isinstance(expression, str):
        raise AmqpError(INVALID, f"A rule's `expression` is {expression!r}, no text.")
    return expression


def _described(rule: RuleConfig) -> Described:
    action = Described(_NO_ACTION, []) if rule.action is None else Described(_ACTION, [rule.action, None])
    return Described(_RULE, [_described_filter(rule.filter), action, rule.name, Timestamp(0)])


def _described_filter(filter_: SqlFilter | CorrelationFilter) -> Described:
    if isinstance(filter_, SqlFilter):
        return Described(_CONSTANTS.get(filter_.expression, _SQL), [filter_.expression, None])
    values: list[object] = [getattr(filter_, name) for name in _CORRELATED]
    return Described(_CORRELATION, [*values, dict(filter_.properties)])
