"""Do the annotations of a user function fit its bindings? Checked once, when the app is loaded."""

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from function_host.binding import takes
from function_host.errors import AppLoadError
from triggers.contract import Binding

_OUT = "Out"
_SDK_PACKAGE = "azurefunctions.extensions"


def check_annotations(function: str, bindings: Sequence[Binding], hints: Mapping[str, Any]) -> None:
    """Raises AppLoadError for the first parameter whose annotation its binding cannot fill."""
    for binding in bindings:
        hint = _without_none(hints.get(binding.name))
        if hint is None or hint is Any:
            continue
        place = f"The parameter {binding.name!r} of function {function!r}"
        if binding.direction == "OUT":
            if not _is_out(hint):
                raise AppLoadError(
                    f"{place} is an output, but its annotation is {_name(hint)}; annotate it func.Out[...]."
                )
        elif _is_out(hint):
            raise AppLoadError(f"{place} is an input, but its annotation is {_name(hint)}; take the Out away.")
        else:
            _check_input(place, binding, hint)


def check_context(function: str, hints: Mapping[str, Any]) -> None:
    """Raises AppLoadError when `context` is annotated as something else than a Context."""
    hint = hints.get("context", Any)
    if hint is not Any and getattr(hint, "__name__", "") != "Context":
        raise AppLoadError(
            f"The parameter 'context' of function {function!r} has no binding of that name, so it is the invocation's "
            f"context; annotate it func.Context, not {_name(hint)}."
        )


def _check_input(place: str, binding: Binding, hint: Any) -> None:
    if _is_sdk_type(hint):
        raise AppLoadError(
            f"{place} is annotated with the SDK type {_name(hint)}, which this host does not make; take the "
            f"{binding.type} binding's own type, str or bytes, or make the client in the function."
        )
    if not any(takes(binding, kind) for kind in (hint, *typing.get_args(hint))):
        raise AppLoadError(
            f"{place} is annotated {_name(hint)}, which the binding {binding.type} does not give; annotate it with "
            "the binding's own type of azure.functions, with str or bytes, or not at all."
        )


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return hint
    kinds = [kind for kind in typing.get_args(hint) if kind is not types.NoneType]
    return kinds[0] if len(kinds) == 1 else Any


def _is_out(hint: Any) -> bool:
    return getattr(typing.get_origin(hint) or hint, "__name__", "") == _OUT


def _is_sdk_type(hint: Any) -> bool:
    return any(
        base.__name__ == "SdkType" and base.__module__.startswith(_SDK_PACKAGE) for base in getattr(hint, "__mro__", ())
    )


def _name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)
