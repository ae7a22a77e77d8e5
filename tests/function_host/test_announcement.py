import json

import pytest

from function_host.announcement import announce, check_ready_file, report, write_ready_file
from function_host.errors import ConfigError

APP = """
    import azure.functions as func
    app = func.FunctionApp()

    @app.route(route="items/{id?}")
    def items(req: func.HttpRequest) -> str:
        return ""

    @app.warm_up_trigger(arg_name="warmup")
    def warm(warmup) -> None: ...
    """


@pytest.fixture
async def known(write_app, serve):
    host, _ = await serve(write_app({"function_app.py": APP}))
    return report(host, "http://here:1")


async def test_the_report_names_every_function_with_its_url_and_bindings(known):
    items, warm = known["functions"]
    assert (items["name"], items["url"]) == ("items", "http://here:1/api/items/{id?}")
    assert items["bindings"][0]["type"] == "httpTrigger"
    assert (warm["name"], warm["url"]) == ("warm", None)
    assert known["errors"] == []
    assert json.loads(json.dumps(known)) == known


async def test_people_see_urls_or_triggers(known, capsys):
    announce(known)
    assert capsys.readouterr().err.splitlines() == [
        "Listening on http://here:1",
        "  items: http://here:1/api/items/{id?}",
        "  warm: warmupTrigger",
    ]


async def test_the_ready_file_holds_the_report(known, tmp_path):
    file = tmp_path / "ready.json"
    check_ready_file(file)
    write_ready_file(file, known)
    assert json.loads(file.read_text()) == known
    assert [path.name for path in tmp_path.glob("*")].count("ready.json") == 1


def test_a_ready_file_without_a_folder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="its folder does not exist"):
        check_ready_file(tmp_path / "none" / "ready.json")


NAMED = """
    import azure.functions as func
    app = func.FunctionApp()

    @app.route(route="%WHERE%")
    def items(req: func.HttpRequest) -> str:
        return ""
    """


async def test_settings_in_bindings_are_filled_in(write_app, serve):
    files = {"function_app.py": NAMED, "local.settings.json": '{"Values": {"WHERE": "there"}}'}
    host, _ = await serve(write_app(files))
    (items,) = report(host, "http://here:1")["functions"]
    assert items["url"] == "http://here:1/api/there"


FAILING = """
    import azure.functions as func
    app = func.FunctionApp()

    @app.route(route="{id}/{id}")
    def twice(req: func.HttpRequest) -> str:
        return ""

    @app.route()
    def lost(req: func.HttpRequest, missing: str) -> str:
        return ""
    """


async def test_functions_that_failed_are_told_as_such(write_app, serve, capsys):
    host, _ = await serve(write_app({"function_app.py": FAILING}))
    known = report(host, "http://here:1")
    assert (known["functions"], sorted(known["failures"])) == ([], ["lost", "twice"])
    announce(known)
    _, lost, twice = capsys.readouterr().err.splitlines()[-3:]
    assert lost.startswith("  lost: failed: ")
    assert twice.startswith("  twice: failed: The route 'api/{id}/{id}' has the parameter 'id' twice")


async def test_a_function_without_a_route_is_at_its_name(write_app, serve):
    bindings = """{"bindings": [{"type": "httpTrigger", "direction": "in", "name": "req"},
                   {"type": "http", "direction": "out", "name": "$return"}]}"""
    host, _ = await serve(
        write_app({"hello/function.json": bindings, "hello/__init__.py": "def main(req): return 'x'"})
    )
    assert report(host, "http://here:1")["functions"][0]["url"] == "http://here:1/api/hello"
