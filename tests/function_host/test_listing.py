"""function_host.listing"""

import pytest

from function_host.errors import AppLoadError
from function_host.listing import list_functions

APP = """
    import azure.functions as func
    app = func.FunctionApp()
    @app.queue_trigger(arg_name="m", queue_name="%QUEUE%", connection="Store")
    def told(m: func.QueueMessage) -> None: ...
    @app.queue_trigger(arg_name="m", queue_name="%NONE%", connection="Store")
    def nowhere(m: func.QueueMessage) -> None: ...
    @app.queue_trigger(arg_name="m", queue_name="work", connection="Store")
    def broken(other: func.QueueMessage) -> None: ...
    """


def test_functions_are_listed_with_their_settings_filled_in(write_app):
    found = list_functions(
        write_app({"function_app.py": APP, "local.settings.json": '{"Values": {"QUEUE": "from-settings"}}'})
    )
    (function,) = found["functions"]
    assert (function["name"], function["url"]) == ("told", None)
    assert function["bindings"][0]["queueName"] == "from-settings"
    broken, nowhere = found["errors"]
    assert "broken" in broken
    assert "'%NONE%'" in nowhere


def test_an_app_that_cannot_be_loaded_has_none(write_app):
    with pytest.raises(AppLoadError, match="could not be imported"):
        list_functions(write_app({"function_app.py": "import no_such_thing"}))
