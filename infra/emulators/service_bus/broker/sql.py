"""The SQL of subscription rules: filters, and actions that change a copy of a message."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput, VisitError

from infra.emulators.service_bus.broker import sql_values
from infra.emulators.service_bus.broker.errors import InvalidRule
from infra.emulators.service_bus.broker.sql_values import SYSTEM_FIELDS, Value
from infra.emulators.service_bus.message import Message

MOST_CHARACTERS = 1024
"""As many as Azure takes."""

Expression = Callable[[Message], Value]
Change = Callable[[Message], Message]

_GRAMMAR = r"""
    ?filter: disjunction
    action: (statement (";" | ",")?)+
    ?statement: _SET property "=" disjunction -> assign
              | _REMOVE property -> remove

    ?disjunction: conjunction | disjunction _OR conjunction -> either
    ?conjunction: negation | conjunction _AND negation -> both
    ?negation: comparison | _NOT negation -> opposite
    ?comparison: sum
               | sum SIGN sum -> compare
               | sum "=" sum -> equal
               | sum _IS _NULL -> is_null
               | sum _IS _NOT _NULL -> is_not_null
               | sum _IN "(" sum ("," sum)* ")" -> is_in
               | sum _NOT _IN "(" sum ("," sum)* ")" -> is_not_in
               | sum _LIKE sum [_ESCAPE STRING] -> like
               | sum _NOT _LIKE sum [_ESCAPE STRING] -> unlike
               | _EXISTS "(" property ")" -> exists
    ?sum: product | sum PLUS_OR_MINUS product -> calculate
    ?product: unary | product TIMES unary -> calculate
    ?unary: atom | PLUS_OR_MINUS unary -> signed
    ?atom: NUMBER -> number
         | STRING -> text
         | _TRUE -> true
         | _FALSE -> false
         | _NULL -> null
         | property -> value
         | NAME "(" [STRING] ")" -> function
         | "(" disjunction ")"
    property: [NAME "."] NAME

    SIGN: "<>" | "!=" | "<=" | ">=" | "<" | ">"
    PLUS_OR_MINUS: "+" | "-"
    TIMES: "*" | "/" | "%"
    _SET.2: /set\b/i
    _REMOVE.2: /remove\b/i
    _OR.2: /or\b/i
    _AND.2: /and\b/i
    _NOT.2: /not\b/i
    _IS.2: /is\b/i
    _IN.2: /in\b/i
    _LIKE.2: /like\b/i
    _ESCAPE.2: /escape\b/i
    _EXISTS.2: /exists\b/i
    _TRUE.2: /true\b/i
    _FALSE.2: /false\b/i
    _NULL.2: /null\b/i
    NAME: /[^\W\d_]\w*/ | /\[([^\]]|\]\])+\]/ | /"([^"]|"")+"/
    STRING: /'([^']|'')*'/
    NUMBER: /(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?/i
    %ignore /\s+/
"""
_PARSER = Lark(_GRAMMAR, parser="lalr", start=["filter", "action"])


def read_filter(text: str) -> Callable[[Message], bool]:
    """Whether the expression is true of a message; unknown is not true. Raises InvalidRule."""
    expression: Expression = _read(text, "filter")
    return lambda message: expression(message) is True


def read_action(text: str) -> Change:
    """What makes the changed copy of a message. Raises InvalidRule."""
    changes: Sequence[Change] = _read(text, "action")

    def change(message: Message) -> Message:
        for each in changes:
            message = each(message)
        return message

    return change


def _read(text: str, start: str) -> Any:
    if len(text) > MOST_CHARACTERS:
        raise InvalidRule(
            f"The SQL {start} has {len(text)} characters; {MOST_CHARACTERS} are allowed: {text[:40]!r}..."
        )
    try:
        return _Compiler().transform(_PARSER.parse(text, start=start))
    except UnexpectedInput as error:
        raise InvalidRule(
            f"The SQL {start} {text!r} cannot be read from character {(error.pos_in_stream or 0) + 1} on; "
            "texts are in 'single quotes', names with other signs than letters, digits and _ in [brackets]."
        ) from error
    except RecursionError as error:
        raise InvalidRule(f"The SQL {start} {text[:40]!r}... is nested too deeply; make it flatter.") from error
    except VisitError as error:
        raise InvalidRule(f"The SQL {start} {text!r} is wrong: {error.orig_exc}") from error


class _Property:
    """A name in one of the two scopes."""

    def __init__(self, scope: Token | None, name: Token) -> None:
        self.is_system = scope is not None and str(scope).lower() == "sys"
        self.name = _unquoted(name).lower() if self.is_system else _unquoted(name)
        if scope is not None and str(scope).lower() not in ("sys", "user"):
            raise ValueError(f"{scope!s} is no scope; write sys.{name} or user.{name}.")
        if self.is_system and self.name not in SYSTEM_FIELDS:
            known = ", ".join(f"sys.{field}" for field in SYSTEM_FIELDS)
            raise ValueError(f"sys.{name} is no property that rules can use; these are: {known}.")

    def read(self, message: Message) -> Value:
        if self.is_system:
            return sql_values.system_property(message, self.name)
        return sql_values.plain(message.application_properties.get(self.name))

    def is_there(self, message: Message) -> bool:
        if self.is_system:
            return getattr(message.properties, SYSTEM_FIELDS[self.name]) is not None
        return self.name in message.application_properties

    def write(self, message: Message, value: Value) -> Message:
        if self.is_system:
            field: dict[str, Any] = {SYSTEM_FIELDS[self.name]: None if value is None else str(value)}
            return replace(message, properties=replace(message.properties, **field))
        return replace(message, application_properties={**message.application_properties, self.name: value})

    def remove(self, message: Message) -> Message:
        if self.is_system:
            return self.write(message, None)
        kept = {name: value for name, value in message.application_properties.items() if name != self.name}
        return replace(message, application_properties=kept)


@v_args(inline=True)
class _Compiler(Transformer[Token, Any]):
    """From the tree of an expression to a function of a message."""

    def action(self, *changes: Change) -> Sequence[Change]:
        return changes

    def assign(self, target: _Property, value: Expression) -> Change:
        return lambda message: target.write(message, value(message))

    def remove(self, target: _Property) -> Change:
        return target.remove

    def either(self, left: Expression, right: Expression) -> Expression:
        return lambda message: sql_values.either(left(message), right(message))

    def both(self, left: Expression, right: Expression) -> Expression:
        return lambda message: sql_values.both(left(message), right(message))

    def opposite(self, inner: Expression) -> Expression:
        return lambda message: sql_values.opposite(inner(message))

    def compare(self, left: Expression, sign: Token, right: Expression) -> Expression:
        return lambda message: sql_values.compare(str(sign), left(message), right(message))

    def equal(self, left: Expression, right: Expression) -> Expression:
        return lambda message: sql_values.compare("=", left(message), right(message))

    def is_null(self, inner: Expression) -> Expression:
        return lambda message: inner(message) is None

    def is_not_null(self, inner: Expression) -> Expression:
        return lambda message: inner(message) is not None

    def is_in(self, inner: Expression, *choices: Expression) -> Expression:
        def expression(message: Message) -> Value:
            value = inner(message)
            result: bool | None = False
            for choice in choices:
                result = sql_values.either(result, sql_values.compare("=", value, choice(message)))
            return result

        return expression

    def is_not_in(self, inner: Expression, *choices: Expression) -> Expression:
        return self.opposite(self.is_in(inner, *choices))

    def like(self, inner: Expression, pattern: Expression, escape: Token | None) -> Expression:
        character = _escape(escape)
        return lambda message: sql_values.like(inner(message), pattern(message), character)

    def unlike(self, inner: Expression, pattern: Expression, escape: Token | None) -> Expression:
        return self.opposite(self.like(inner, pattern, escape))

    def exists(self, named: _Property) -> Expression:
        return named.is_there

    def calculate(self, left: Expression, sign: Token, right: Expression) -> Expression:
        return lambda message: sql_values.calculate(str(sign), left(message), right(message))

    def signed(self, sign: Token, inner: Expression) -> Expression:
        return lambda message: sql_values.calculate(str(sign), 0, inner(message))

    def number(self, digits: Token) -> Expression:
        value = int(digits) if digits.isdigit() else float(digits)
        return lambda _: value

    def text(self, quoted: Token) -> Expression:
        value = _unquoted(quoted)
        return lambda _: value

    def true(self) -> Expression:
        return lambda _: True

    def false(self) -> Expression:
        return lambda _: False

    def null(self) -> Expression:
        return lambda _: None

    def value(self, named: _Property) -> Expression:
        return named.read

    def property(self, scope: Token | None, name: Token) -> _Property:
        return _Property(scope, name)

    def function(self, name: Token, argument: Token | None) -> Expression:
        called = str(name).lower()
        if called == "newid" and argument is None:
            return lambda _: str(uuid.uuid4())
        if called in ("property", "p") and argument is not None:
            named = Token("NAME", _unquoted(argument))
            return _Property(None, named).read
        raise ValueError(
            f"{name!s} is no function that rules can use; these are: newid(), property('name'), p('name')."
        )


def _unquoted(token: Token) -> str:
    text = str(token)
    closing = {"'": "'", '"': '"', "[": "]"}.get(text[:1])
    if closing is None:
        return text
    return text[1:-1].replace(closing * 2, closing)


def _escape(token: Token | None) -> str | None:
    if token is None:
        return None
    character = _unquoted(token)
    if len(character) != 1:
        raise ValueError(f"ESCAPE {token!s} is not one character.")
    return character
