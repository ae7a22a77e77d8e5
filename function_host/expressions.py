"""`%NAME%` in bindings: replaced by the app setting NAME before anything else looks at them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from function_host.errors import AppLoadError
from function_host.functions import Function
from triggers.contract import Binding

_SETTING = re.compile(r"%([^%]*)%")


def resolve(function: Function, settings: Mapping[str, str]) -> Function:
    """`function` with every `%NAME%` of its bindings filled in; raises AppLoadError for a setting that is not there."""
    known = {name.lower(): value for name, value in settings.items()}

    def resolved(bindings: Sequence[Binding]) -> tuple[Binding, ...]:
        return tuple(_resolve(function.name, binding, known) for binding in bindings)

    (trigger,) = resolved([function.trigger])
    return replace(function, trigger=trigger, inputs=resolved(function.inputs), outputs=resolved(function.outputs))


def _resolve(function: str, binding: Binding, known: Mapping[str, str]) -> Binding:
    def value_of(found: re.Match[str]) -> str:
        name = found[1].replace(":", "__").lower()
        value = known.get(name, known.get(found[1].lower()))
        if value is None:
            raise AppLoadError(
                f"'%{found[1]}%' in the {binding.type} binding {binding.name!r} of function {function!r} "
                f"does not resolve to a value: set the app setting {found[1]!r}."
            )
        return value

    options = {
        key: _SETTING.sub(value_of, value) if isinstance(value, str) else value
        for key, value in binding.options.items()
    }
    return replace(binding, options=options)
