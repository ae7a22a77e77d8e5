"""One function of the app, as this host runs it."""

import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_type_hints

from function_host.annotations import check_annotations, check_context
from function_host.errors import AppLoadError
from function_host.retry import RetryPolicy
from triggers.contract import Binding

RETURN = "$return"

_NAME = re.compile(r"^[a-z][a-z0-9_-]{0,127}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of either programming model."""

    name: str
    trigger: Binding
    inputs: tuple[Binding, ...]
    """Input bindings beside the trigger."""
    outputs: tuple[Binding, ...]
    call: Callable[..., Any]
    is_async: bool
    takes_context: bool
    hints: Mapping[str, Any]
    """The resolved annotations of `call`."""
    retry: RetryPolicy | None = None
    is_disabled: bool = False
    """Does its function.json switch it off?"""
    directory: str = ""
    """The function's own folder; empty when it has none and the app's is meant."""

    @property
    def returns(self) -> Binding | None:
        """The output binding that the return value goes to."""
        return next((binding for binding in self.outputs if binding.name == RETURN), None)


def make_function(
    name: str,
    bindings: Sequence[Binding],
    call: Callable[..., Any],
    *,
    retry: RetryPolicy | None = None,
    directory: str = "",
) -> Function:
    """The function `name`; raises AppLoadError when its name, bindings and parameters do not fit together."""
    _check_name(name)
    _check_bindings(name, bindings)
    _check_call(name, call)
    parameters = set(inspect.signature(call).parameters)
    names = {binding.name for binding in bindings}
    takes_context = "context" in parameters and "context" not in names
    _check_parameters(name, parameters - {"context"} if takes_context else parameters, names - {RETURN})
    hints = _hints(name, call)
    check_annotations(name, bindings, hints)
    if takes_context:
        check_context(name, hints)
    return Function(
        name=name,
        trigger=next(binding for binding in bindings if binding.is_trigger),
        inputs=tuple(b for b in bindings if b.direction == "IN" and not b.is_trigger),
        outputs=tuple(b for b in bindings if b.direction == "OUT"),
        call=call,
        is_async=inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(_code(call)),
        takes_context=takes_context,
        hints=hints,
        retry=retry,
        directory=directory,
    )


def make_binding(function: str, raw: Mapping[str, Any]) -> Binding:
    """One binding as function.json writes it; raises AppLoadError when it has no type or name."""
    for key in ("type", "name"):
        if not isinstance(raw.get(key), str) or not raw[key]:
            raise AppLoadError(f"A binding of function {function!r} has no {key}: {json.dumps(raw)}.")
    known = {"type", "name", "direction"}
    return Binding(
        type=raw["type"],
        name=raw["name"],
        direction=str(raw.get("direction", "IN")).upper(),
        options={key: value for key, value in raw.items() if key not in known},
    )


def _check_name(name: str) -> None:
    if not _NAME.match(name) or name.lower() == "host":
        raise AppLoadError(
            f"{name!r} cannot name a function: a name begins with a letter, has letters, digits, '_' and '-', "
            "is at most 128 characters long, and is not 'host'."
        )


def _check_bindings(function: str, bindings: Sequence[Binding]) -> None:
    triggers = [binding.type for binding in bindings if binding.is_trigger]
    if len(triggers) != 1:
        found = ", ".join(triggers) or "none"
        raise AppLoadError(f"Function {function!r} must have exactly one trigger; it has {found}.")
    seen: set[str] = set()
    for binding in bindings:
        if binding.name.lower() in seen:
            raise AppLoadError(f"Function {function!r} has two bindings called {binding.name!r}.")
        seen.add(binding.name.lower())
        _check_direction(function, binding)


def _check_direction(function: str, binding: Binding) -> None:
    if binding.direction not in ("IN", "OUT"):
        raise AppLoadError(
            f"The binding {binding.name!r} of function {function!r} has the direction {binding.direction.lower()!r}; "
            "Python functions know 'in' and 'out'."
        )
    if binding.name == RETURN and binding.direction != "OUT":
        raise AppLoadError(f"The binding $return of function {function!r} must have the direction 'out'.")


def _check_call(function: str, call: Callable[..., Any]) -> None:
    if inspect.isgeneratorfunction(call) or inspect.isasyncgenfunction(call):
        raise AppLoadError(f"Function {function!r} is a generator; return the value, or await it, instead of yielding.")


def _check_parameters(function: str, parameters: set[str], bindings: set[str]) -> None:
    for name in sorted(parameters - bindings):
        raise AppLoadError(f"Function {function!r} has the parameter {name!r}, but no binding of that name.")
    for name in sorted(bindings - parameters):
        raise AppLoadError(f"Function {function!r} has the binding {name!r}, but no parameter of that name.")


def _hints(function: str, call: Callable[..., Any]) -> Mapping[str, Any]:
    try:
        return get_type_hints(_code(call))
    except Exception as error:  # because text annotations are user code that runs only now
        raise AppLoadError(f"An annotation of function {function!r} cannot be resolved: {error}.") from error


def _code(call: Callable[..., Any]) -> Callable[..., Any]:
    """What runs when `call` is called: the function behind a partial, the method behind an object."""
    if isinstance(call, partial):
        return _code(call.func)
    return call if inspect.isroutine(call) else type(call).__call__
