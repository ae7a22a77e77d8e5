"""The rules of a subscription: which messages it gets, and in how many copies."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from infra.emulators.service_bus.broker.config import CorrelationFilter, RuleConfig
from infra.emulators.service_bus.broker.errors import InvalidRule, RuleExists, RuleNotFound
from infra.emulators.service_bus.broker.sql import Change, read_action, read_filter
from infra.emulators.service_bus.broker.sql_values import plain
from infra.emulators.service_bus.message import Message

RULE_NAME = "RuleName"

_FIELDS: Mapping[str, str] = {
    "content_type": "content_type",
    "correlation_id": "correlation_id",
    "label": "subject",
    "message_id": "message_id",
    "reply_to": "reply_to",
    "reply_to_session_id": "reply_to_group_id",
    "session_id": "group_id",
    "to": "to",
}


@dataclass(frozen=True, slots=True)
class _Rule:
    config: RuleConfig
    matches: Callable[[Message], bool]
    change: Change | None


class Rules:
    """As on Azure: one copy for all matching rules without action, and one more for each matching rule with one.

    The latter copies say in `RuleName` which rule made them.
    """

    def __init__(self, configs: tuple[RuleConfig, ...]) -> None:
        self._rules: dict[str, _Rule] = {}
        for config in configs:
            self.add(config)

    @property
    def configs(self) -> tuple[RuleConfig, ...]:
        return tuple(rule.config for rule in self._rules.values())

    def add(self, config: RuleConfig) -> None:
        """Raises InvalidRule, RuleExists."""
        if config.name.lower() in self._rules:
            raise RuleExists(f"There is a rule {config.name!r} already; remove it first or take another name.")
        self._rules[config.name.lower()] = _read(config)

    def remove(self, name: str) -> None:
        """Raises RuleNotFound."""
        if self._rules.pop(name.lower(), None) is None:
            names = ", ".join(repr(config.name) for config in self.configs) or "none"
            raise RuleNotFound(f"There is no rule {name!r}; there are: {names}.")

    def copies(self, message: Message) -> Iterator[Message]:
        matching = [rule for rule in self._rules.values() if rule.matches(message)]
        if any(rule.change is None for rule in matching):
            yield message
        for rule in matching:
            if rule.change is not None:
                properties = {**message.application_properties, RULE_NAME: rule.config.name}
                yield rule.change(replace(message, application_properties=properties))


def _read(config: RuleConfig) -> _Rule:
    try:
        matches = (
            _correlation(config.filter)
            if isinstance(config.filter, CorrelationFilter)
            else read_filter(config.filter.expression)
        )
        return _Rule(config, matches, None if config.action is None else read_action(config.action))
    except InvalidRule as error:
        raise InvalidRule(f"Rule {config.name!r}: {error}") from error


def _correlation(wanted: CorrelationFilter) -> Callable[[Message], bool]:
    fields = {_FIELDS[name]: value for name in _FIELDS if (value := getattr(wanted, name)) is not None}

    def matches(message: Message) -> bool:
        if any(_differ(getattr(message.properties, field), value) for field, value in fields.items()):
            return False
        return not any(_differ(message.application_properties.get(k), v) for k, v in wanted.properties.items())

    return matches


def _differ(value: object, wanted: object) -> bool:
    value, wanted = plain(value), plain(wanted)
    # Python takes True for 1.
    return value != wanted or isinstance(value, bool) is not isinstance(wanted, bool)
