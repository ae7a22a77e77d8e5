"""Calls whose arguments decide whether they work as they are."""

import ast
from dataclasses import dataclass

_PACKAGE = "azureml.core.model.Model.package"
_GET_ENVIRONMENT = "azureml.core.environment.Environment.get"
_CURATED = "AzureML-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What has to be written instead, and why."""

    note: str
    write: str


def change_of(name: str, call: ast.Call) -> Change | None:
    """The change that this call needs because of what it is given; None for none."""
    if name == _PACKAGE and _argument(call, 2, "inference_config") is None and not _unpacks(call):
        return Change(
            note="no scoring script is invented for a model",
            write=_with_argument(call, "inference_config=InferenceConfig('score.py', environment=environment)"),
        )
    if name == _GET_ENVIRONMENT:
        wanted = _argument(call, 1, "name")
        if isinstance(wanted, ast.Constant) and str(wanted.value).startswith(_CURATED):
            return Change(
                note="there are no curated environments",
                write=f"Environment.from_pip_requirements({wanted.value!r}, 'requirements.txt')",
            )
    return None


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    if len(call.args) > position:
        return call.args[position]
    return next((each.value for each in call.keywords if each.arg == name), None)


def _unpacks(call: ast.Call) -> bool:
    return any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords)


def _with_argument(call: ast.Call, argument: str) -> str:
    keyword = ast.parse(f"f({argument})", mode="eval").body
    added = keyword.keywords if isinstance(keyword, ast.Call) else []
    return ast.unparse(ast.Call(func=call.func, args=call.args, keywords=[*call.keywords, *added]))
