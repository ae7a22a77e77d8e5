import pytest

from function_host.errors import AppLoadError
from function_host.http.routing import RouteTable, compile_template


async def _app(scope, receive, send):
    raise AssertionError("never called")


def _table(*routes: tuple[str, list[str]]) -> RouteTable:
    table = RouteTable()
    for template, methods in routes:
        table.add(template, _app, methods=methods, auth_level="ANONYMOUS", function=template)
    return table


@pytest.mark.parametrize(
    ("template", "path", "parameters"),
    [
        ("items/{id}", "items/5", {"id": "5"}),
        ("items/{id:int}", "items/5", {"id": "5"}),
        ("items/{id:int}", "items/abc", None),
        ("items/{id:int}", "items/5/more", None),
        ("items/{id?}", "items", {}),
        ("items/{id?}", "items/5", {"id": "5"}),
        ("items/{id:int?}", "items/x", None),
        ("{*path}", "a/b/c", {"path": "a/b/c"}),
        ("{*path}", "", {"path": ""}),
        ("api/{*path}", "api", {}),
        ("{a}/{b}", "x/y", {"a": "x", "b": "y"}),
        ("{a}/{b}", "x", None),
        ("Foo/{id}", "fOO/1", {"id": "1"}),
        ("{id:guid}", "0f8fad5b-d9cb-469f-a165-70867728950e", {"id": "0f8fad5b-d9cb-469f-a165-70867728950e"}),
    ],
)
def test_a_template_finds_its_parameters(template, path, parameters):
    assert compile_template(template)(path) == parameters


@pytest.mark.parametrize("template", ["items/{id", "items/{}", "items/{1d}", "items/x{id}"])
def test_a_broken_template_is_refused_with_the_segment(template):
    with pytest.raises(AppLoadError, match="segment"):
        compile_template(template)


def test_an_unknown_constraint_is_refused_with_the_known_ones():
    with pytest.raises(AppLoadError, match=r"constraint 'odd'; known are .*guid"):
        compile_template("items/{id:odd}")


def test_literal_routes_match_without_regard_to_case_or_outer_slashes():
    table = _table(("Foo/Bar", []))
    assert table.find("GET", "/foo/BAR/").route.template == "Foo/Bar"


def test_another_method_is_no_match():
    assert _table(("x", ["GET"])).find("POST", "/x") is None


def test_no_methods_means_every_method():
    assert _table(("x", [])).find("DELETE", "/x") is not None


def test_routes_with_one_path_share_it_by_method():
    table = _table(("x", ["GET"]), ("X", ["POST"]))
    assert table.find("POST", "/x").route.template == "X"


def test_the_first_pattern_wins():
    table = _table(("{a}", []), ("{b}", []))
    assert table.find("GET", "/1").parameters == {"a": "1"}
