from pathlib import Path

import azure.functions as func

from function_host.loader import load_decorated


def _only(app):
    (function,) = load_decorated(app, Path("function_app.py")).functions
    return function


def _failure(app) -> str:
    app = load_decorated(app, Path("function_app.py"))
    assert not app.functions
    return str(app.failures["f"])


def test_bindings_are_sorted_by_direction():
    app = func.FunctionApp()

    @app.blob_trigger(arg_name="blob", path="in/{n}", connection="C")
    @app.blob_input(arg_name="extra", path="extra/{n}", connection="C")
    @app.blob_output(arg_name="$return", path="out/{n}", connection="C")
    async def copy(blob: func.InputStream, extra: bytes, context) -> bytes:
        return blob.read()

    function = _only(app)
    assert (function.trigger.type, function.trigger.option("path")) == ("blobTrigger", "in/{n}")
    assert [binding.name for binding in function.inputs] == ["extra"]
    assert [binding.name for binding in function.outputs] == ["$return"]
    assert function.returns is function.outputs[0]
    assert function.is_async
    assert function.takes_context
    assert function.hints["blob"] is func.InputStream


def test_an_argument_without_a_binding_is_named():
    app = func.FunctionApp()

    @app.route(route="x")
    def f(req: func.HttpRequest, other: str) -> str:
        return ""

    assert "parameter 'other', but no binding" in _failure(app)


def test_a_binding_without_an_argument_is_named():
    app = func.FunctionApp()

    @app.route(route="x")
    def f() -> str:
        return ""

    assert "binding 'req', but no parameter" in _failure(app)


def test_an_annotation_that_does_not_resolve_is_named():
    app = func.FunctionApp()

    @app.route(route="x")
    def f(req: "Unknown") -> str:  # noqa: F821
        return ""

    assert "Unknown" in _failure(app)


def test_functions_come_by_name():
    app = func.FunctionApp()

    @app.route(route="b")
    def b(req: func.HttpRequest) -> str:
        return ""

    @app.route(route="a")
    def a(req: func.HttpRequest) -> str:
        return ""

    assert [function.name for function in load_decorated(app, Path("function_app.py")).functions] == ["a", "b"]
