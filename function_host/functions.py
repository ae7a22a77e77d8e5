"""One function of the app, as this host runs it."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

import azure.functions as func

from function_host.errors import AppLoadError
from triggers.contract import Binding

RETURN = "$return"


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A frozen view of one azure.functions `Function`."""

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

    @property
    def returns(self) -> Binding | None:
        """The output binding that the return value goes to."""
        return next((binding for binding in self.outputs if binding.name == RETURN), None)


def from_azure(function: Any) -> Function:
    """Our view of an `azure.functions` function; AppLoadError when parameters and bindings do not fit."""
    name = str(function.get_function_name())
    bindings = [_binding(json.loads(raw)) for raw in function.get_raw_bindings()]
    call = function.get_user_function()
    parameters = set(inspect.signature(call).parameters)
    names = {binding.name for binding in bindings}
    takes_context = "context" in parameters and "context" not in names
    _check_parameters(name, parameters - {"context"} if takes_context else parameters, names - {RETURN})
    return Function(
        name=name,
        trigger=next(binding for binding in bindings if binding.is_trigger),
        inputs=tuple(b for b in bindings if b.direction == "IN" and not b.is_trigger),
        outputs=tuple(b for b in bindings if b.direction == "OUT"),
        call=call,
        is_async=inspect.iscoroutinefunction(call),
        takes_context=takes_context,
        hints=_hints(name, call),
    )


def all_from_azure(app: func.FunctionRegister) -> Sequence[Function]:
    """Every function of `app`, by name; azure.functions allows to ask an app only once."""
    return sorted((from_azure(function) for function in app.get_functions()), key=lambda f: f.name.lower())


def _binding(raw: dict[str, Any]) -> Binding:
    known = {"type", "name", "direction"}
    return Binding(
        type=raw["type"],
        name=raw["name"],
        direction=str(raw.get("direction", "IN")).upper(),
        options={key: value for key, value in raw.items() if key not in known},
    )


def _check_parameters(function: str, parameters: set[str], bindings: set[str]) -> None:
    for name in sorted(parameters - bindings):
        raise AppLoadError(f"Function {function!r} has the parameter {name!r}, but no binding of that name.")
    for name in sorted(bindings - parameters):
        raise AppLoadError(f"Function {function!r} has the binding {name!r}, but no parameter of that name.")


def _hints(function: str, call: Callable[..., Any]) -> Mapping[str, Any]:
    try:
        return get_type_hints(call)
    except NameError as error:
        raise AppLoadError(f"An annotation of function {function!r} cannot be resolved: {error}.") from error
