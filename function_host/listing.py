"""Say which functions an app has, without running any of them."""

from pathlib import Path

from function_host.announcement import Report, function_document
from function_host.errors import AppLoadError
from function_host.expressions import resolve
from function_host.functions import Function
from function_host.loader import load_app
from function_host.settings import load_settings, publish


def list_functions(root: Path) -> Report:
    """The app's functions in the form of the ready file, `%NAME%` in their bindings replaced, and what is wrong.

    Raises AppLoadError and ConfigError when nothing of the app can be used.
    """
    root = root.resolve()
    settings = load_settings(root)
    publish(settings)
    app = load_app(root, settings)
    functions: list[Function] = []
    errors = [f"Function {name!r}: {failure}" for name, failure in app.failures.items()]
    for function in app.functions:
        try:
            functions.append(resolve(function, settings))
        except AppLoadError as error:
            errors.append(str(error))
    return {"functions": [function_document(function) for function in functions], "errors": errors}
