"""What an HTTP trigger's binding asks for, checked."""

from collections.abc import Sequence

from triggers.contract import Binding
from triggers.errors import InvalidOptions

AUTH_LEVELS = ("anonymous", "function", "admin")


def methods(binding: Binding) -> Sequence[str]:
    """The methods that a function takes, all of them when there are none; raises InvalidOptions."""
    value = binding.options.get("methods")
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(method, str) for method in value):
        raise InvalidOptions(
            f'methods of the binding {binding.name!r} is {value!r}; write a list of names such as ["get", "post"], '
            "or leave it out for every method."
        )
    return value


def auth_level(binding: Binding) -> str:
    """Which key a caller needs, in lower case, `function` when nothing is said; raises InvalidOptions."""
    level = binding.option("authLevel", "function").lower()
    if level not in AUTH_LEVELS:
        raise InvalidOptions(
            f"authLevel of the binding {binding.name!r} is {binding.options['authLevel']!r}; "
            f"write one of {', '.join(AUTH_LEVELS)}."
        )
    return level
