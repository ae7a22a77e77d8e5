"""Tiny apps of the second programming model, each written as many in the wild are, and what they answer."""

V2 = {
    "name in the query or the JSON body": (
        """
        @app.function_name("HttpExample")
        @app.route(route="f")
        def main(req: func.HttpRequest) -> func.HttpResponse:
            name = req.params.get("name")
            if not name:
                try:
                    name = req.get_json().get("name")
                except ValueError:
                    name = "nobody"
            return func.HttpResponse(f"Hello, {name}", status_code=200)
        """,
        "Hello, nobody",
    ),
    "no annotations at all": ("@app.route('f')\ndef f(req):\n    return req.method", "POST"),
    "future annotations": (
        """
        from __future__ import annotations
        import azure.functions as func
        app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

        @app.route(route="f")
        async def f(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
            return func.HttpResponse(context.function_name)
        """,
        "f",
    ),
    "optional annotations": (
        """
        from typing import Optional

        def helper(x: str | None = None) -> str | None:
            return x

        @app.route(route="f")
        def f(req: Optional[func.HttpRequest]) -> func.HttpResponse | str:
            return helper("optional")
        """,
        "optional",
    ),
    "names imported from the package": (
        """
        from azure.functions import AuthLevel, Context, HttpMethod, HttpRequest, HttpResponse
        from azure.functions.decorators.core import DataType

        @app.route(route="f", methods=[HttpMethod.POST], auth_level=AuthLevel.ANONYMOUS)
        def f(req: HttpRequest, context: Context) -> HttpResponse:
            return HttpResponse(str(DataType.BINARY.name))
        """,
        "BINARY",
    ),
    "decorators with wraps, sync and async": (
        """
        import functools

        def checked(call):
            @functools.wraps(call)
            def wrapper(req, *args, **kwargs):
                if "x-deny" in req.headers:
                    return func.HttpResponse("denied", status_code=403)
                return call(req, *args, **kwargs)
            return wrapper

        def timed(call):
            @functools.wraps(call)
            async def wrapper(*args, **kwargs):
                return "timed " + await call(*args, **kwargs)
            return wrapper

        @app.route(route="sync")
        @checked
        def sync(req: func.HttpRequest) -> func.HttpResponse:
            return func.HttpResponse("ok")

        @app.route(route="f")
        @timed
        async def f(req: func.HttpRequest) -> str:
            return "ok"
        """,
        "timed ok",
    ),
    "blueprints of modules beside the app": (
        """
        from parts.hello import bp
        app.register_functions(bp)
        """,
        "from a part",
    ),
    "routes declared by importing modules": (
        """
        import parts.shared
        app = parts.shared.app
        """,
        "from a shared app",
    ),
    "JSON answers with headers": (
        """
        import json
        @app.route(route="f")
        def f(req: func.HttpRequest) -> func.HttpResponse:
            return func.HttpResponse(json.dumps({"a": 1}), mimetype="application/json", headers={"X-Own": "1"})
        """,
        '{"a": 1}',
    ),
    "an answer in an output argument": (
        """
        @app.function_name("f")
        @app.generic_trigger(arg_name="req", type="httpTrigger", route="f")
        @app.generic_output_binding(arg_name="res", type="http")
        def f(req: func.HttpRequest, res: func.Out[func.HttpResponse]) -> None:
            res.set(func.HttpResponse("set"))
        """,
        "set",
    ),
    "settings read at import time": (
        """
        import os
        WORD = os.environ["WORD"]
        @app.route(route="f")
        def f(req: func.HttpRequest) -> str:
            return WORD
        """,
        "from the settings",
    ),
    "files beside the app": (
        """
        import pathlib
        HERE = pathlib.Path(__file__).parent
        @app.route(route="f")
        def f(req: func.HttpRequest) -> str:
            with open("data.txt") as file:
                return (HERE / "data.txt").read_text() + file.read()
        """,
        "datadata",
    ),
    "lazy globals behind a lock": (
        """
        import threading
        _client, _lock = None, threading.Lock()
        def client():
            global _client
            with _lock:
                _client = _client or object()
            return _client
        @app.route(route="f")
        def f(req: func.HttpRequest) -> str:
            return str(client() is client())
        """,
        "True",
    ),
    "threads that keep the invocation": (
        """
        from concurrent.futures import ThreadPoolExecutor
        @app.route(route="f")
        def f(req: func.HttpRequest, context: func.Context) -> str:
            def work(number):
                context.thread_local_storage.invocation_id = context.invocation_id
                return number * 2
            with ThreadPoolExecutor(2) as pool:
                return str(sum(pool.map(work, [1, 2])))
        """,
        "6",
    ),
    "asyncio.gather and a task of its own": (
        """
        import asyncio
        @app.route(route="f")
        async def f(req: func.HttpRequest) -> str:
            async def one(number):
                await asyncio.sleep(0)
                return number
            return str(await asyncio.gather(one(1), asyncio.create_task(one(2))))
        """,
        "[1, 2]",
    ),
    "asyncio.run in a synchronous function": (
        """
        import asyncio
        @app.route(route="f")
        def f(req: func.HttpRequest) -> str:
            async def work():
                return "ran"
            return asyncio.run(work())
        """,
        "ran",
    ),
    "the builder called like the function": (
        """
        @app.route(route="other")
        def other(req: func.HttpRequest) -> str:
            return "other"
        @app.route(route="f")
        def f(req: func.HttpRequest) -> str:
            return other.build().get_user_function()(req)
        """,
        "other",
    ),
    "a table of handlers": (
        """
        def made(word):
            def handler(req: func.HttpRequest) -> str:
                return word
            return handler
        for word in ("f", "g"):
            app.function_name(word)(app.route(route=word)(made(word)))
        """,
        "f",
    ),
    "pydantic-like dataclasses": (
        """
        from dataclasses import asdict, dataclass
        import json
        @dataclass
        class Order:
            id: int
        @app.route(route="f")
        def f(req: func.HttpRequest) -> func.HttpResponse:
            return func.HttpResponse(json.dumps(asdict(Order(id=1))))
        """,
        '{"id": 1}',
    ),
    "print and logging": (
        """
        import logging
        log = logging.getLogger(__name__)
        logging.basicConfig(level=logging.DEBUG)
        @app.route(route="f")
        def f(req: func.HttpRequest) -> str:
            print("printed")
            log.warning("said %s", "so")
            return "logged"
        """,
        "logged",
    ),
    "an exception that becomes an answer": (
        """
        @app.route(route="f")
        def f(req: func.HttpRequest) -> func.HttpResponse:
            try:
                return func.HttpResponse(str(req.get_json()["missing"]))
            except (KeyError, ValueError) as error:
                return func.HttpResponse(type(error).__name__, status_code=400)
        """,
        "JSONDecodeError",
    ),
    "another name for the app": (
        """
        function_app = app
        del app
        @function_app.route(route="f")
        def f(req: func.HttpRequest) -> str:
            return "named"
        """,
        "named",
    ),
    "a middleware call": (
        """
        async def asgi(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": scope["path"].encode()})
        @app.route(route="{*rest}")
        async def f(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
            return await func.AsgiMiddleware(asgi).handle_async(req, context)
        """,
        "/api/f",
    ),
    "a WSGI app behind a catch-all route": (
        """
        def wsgi(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [environ["REQUEST_METHOD"].encode()]
        @app.route(route="{*rest}")
        def f(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
            return func.WsgiMiddleware(wsgi).handle(req, context)
        """,
        "POST",
    ),
}
BESIDE = {
    "parts/__init__.py": "",
    "parts/hello.py": """
        import azure.functions as func
        bp = func.Blueprint()
        @bp.route(route="f", auth_level=func.AuthLevel.ANONYMOUS)
        def f(req: func.HttpRequest) -> str:
            return "from a part"
        """,
    "parts/shared.py": """
        import azure.functions as func
        app = func.FunctionApp(http_auth_level="ANONYMOUS")
        @app.route(route="f")
        def f(req: func.HttpRequest) -> str:
            return "from a shared app"
        """,
    "data.txt": "data",
    "local.settings.json": '{"IsEncrypted": false, "Values": {"WORD": "from the settings"}}',
    "requirements.txt": "azure-functions\n",
}
