import asyncio
import json
import logging
from dataclasses import replace

import pytest

from function_host.host import Host
from function_host.scoring.errors import EntryScriptError
from triggers.contract import TriggerAdapter
from triggers.registry import by_binding_type

WARM = """
    import azure.functions as func
    app = func.FunctionApp()
    state = []

    @app.warm_up_trigger(arg_name="warmup")
    def warm(warmup) -> None:
        {body}

    @app.route(route="state", auth_level=func.AuthLevel.ANONYMOUS)
    def read(req: func.HttpRequest) -> str:
        return ",".join(state)
    """


async def test_warm_up_runs_once_before_the_app_is_ready(write_app, serve):
    _, client = await serve(write_app({"function_app.py": WARM.format(body='state.append("warm")')}))
    assert (await client.get("/api/state")).text == "warm"


async def test_a_failing_warm_up_is_logged_and_the_app_goes_on(write_app, serve, caplog):
    with caplog.at_level(logging.ERROR):
        _, client = await serve(write_app({"function_app.py": WARM.format(body="1 / 0")}))
    assert (await client.get("/api/state")).status_code == 200
    assert "ZeroDivisionError" in caplog.text


async def test_a_scoring_script_that_cannot_start_stops_the_host(write_app):
    root = write_app(
        {
            "function_app.py": """
                from function_host.scoring import scoring_app
                app = scoring_app(__file__, entry_script="score.py", model_dir="m", http={})
                """,
            "score.py": "def init(): raise ValueError('no weights')\ndef run(data): pass",
        }
    )
    host = Host.load(root, {})
    with pytest.raises(EntryScriptError, match="no weights"):
        await host.start_functions()
    await host.stop()


async def test_an_output_type_nobody_writes_puts_its_function_in_error(write_app, serve):
    root = write_app(
        {
            "function_app.py": """
                import azure.functions as func
                app = func.FunctionApp()
                @app.route(route="x")
                @app.generic_output_binding(arg_name="out", type="pigeon")
                def f(req: func.HttpRequest, out: func.Out[str]) -> str:
                    return ""
                """
        }
    )
    host, _ = await serve(root)
    assert "has the type 'pigeon'; known are http, blob" in host.status.failures["f"]


async def test_keys_are_kept_where_the_setting_says(write_app, serve, tmp_path):
    app = {"function_app.py": WARM.format(body="pass")}
    host, _ = await serve(write_app(app), {"FUNCTIONS_SECRETS_PATH": str(tmp_path / "keys")})
    key = await host.keys.host_key()
    assert key in (tmp_path / "keys" / "host.json").read_text()


async def test_storage_that_does_not_answer_holds_up_nobody(write_app, serve, monkeypatch):
    """The functions that do not need it are served, and a host that stops does not wait for it."""

    async def never(self) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("function_host.host._WAIT_FOR_STORAGE", 0.01)
    monkeypatch.setattr("function_host.dispatcher.Dispatcher.open", never)
    host, client = await asyncio.wait_for(serve(write_app({"function_app.py": WARM.format(body="pass")})), 10)
    assert (await client.get("/api/state")).status_code == 200
    await asyncio.wait_for(host.stop(), 10)


def _function_json(**options: object) -> str:
    trigger = {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", **options}
    return json.dumps({"bindings": [trigger, {"type": "http", "direction": "out", "name": "$return"}]})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"methods": "get"}, "methods of the binding 'req' is 'get'; write a list"),
        ({"authLevel": "bogus"}, "authLevel of the binding 'req' is 'bogus'; write one of anonymous"),
    ],
)
async def test_a_wrong_option_puts_its_function_alone_in_error(write_app, serve, options, told):
    main = "def main(req): return 'hi'"
    files = {
        "good/function.json": _function_json(methods=None),
        "good/__init__.py": main,
        "bad/function.json": _function_json(**options),
        "bad/__init__.py": main,
    }
    host, client = await serve(write_app(files))
    assert told in host.status.failures["bad"]
    assert (await client.put("/api/good")).text == "hi"


async def test_what_nobody_foresaw_puts_its_function_alone_in_error(write_app, serve, caplog, monkeypatch):
    class Odd:
        def __init__(self, context: object) -> None:
            raise TypeError("'NoneType' object is not iterable")

    def odd_timers(kind: str) -> TriggerAdapter:
        return replace(by_binding_type(kind), listen=Odd) if kind == "timerTrigger" else by_binding_type(kind)

    monkeypatch.setattr("function_host.wiring.by_binding_type", odd_timers)
    root = write_app(
        {
            "function_app.py": """
                import azure.functions as func
                app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
                @app.timer_trigger(arg_name="tick", schedule="0 0 * * * *")
                def odd(tick: func.TimerRequest) -> None: ...
                @app.route(route="x")
                def f(req: func.HttpRequest) -> str:
                    return "hi"
                """
        }
    )
    host, client = await serve(root)
    assert host.status.failures == {"odd": "TypeError: 'NoneType' object is not iterable"}
    assert "The 'odd' function cannot start for an unforeseen reason." in caplog.text
    assert "Traceback" in caplog.text
    assert (await client.get("/api/x")).text == "hi"


async def test_a_disabled_function_of_the_first_model_is_listed_as_one(write_app, serve):
    document = {**json.loads(_function_json()), "disabled": True}
    files = {"off/function.json": json.dumps(document), "off/__init__.py": "def main(req): return 'hi'"}
    host, client = await serve(write_app(files))
    assert (await client.get("/api/off")).status_code == 404
    master = {"x-functions-key": (await host.keys.master()).value}
    (listed,) = (await client.get("/admin/functions", headers=master)).json()
    assert (listed["name"], listed["isDisabled"]) == ("off", True)


async def test_the_key_of_a_webhook_is_there_before_the_first_event(write_app, serve):
    root = write_app(
        {
            "function_app.py": """
                import azure.functions as func
                app = func.FunctionApp()
                @app.event_grid_trigger(arg_name="event")
                def grid(event: func.EventGridEvent) -> None: ...
                """
        }
    )
    host, client = await serve(root)
    master = {"x-functions-key": (await host.keys.master()).value}
    (key,) = (await client.get("/admin/host/systemkeys", headers=master)).json()["keys"]
    assert key["name"] == "eventgrid_extension"
    url = "/runtime/webhooks/eventgrid?functionName=grid&code="
    event = {"data": {"validationCode": "x"}}
    asked = {"aeg-event-type": "SubscriptionValidation"}
    assert (await client.post(url + "guess", json=[event], headers=asked)).status_code == 401
    answer = await client.post(url + key["value"], json=[event], headers=asked)
    assert answer.json() == {"validationResponse": "x"}
