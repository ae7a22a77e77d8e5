import logging

import pytest

from function_host.host import Host
from function_host.scoring.errors import EntryScriptError

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
