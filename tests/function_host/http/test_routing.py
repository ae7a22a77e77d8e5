import pytest

from function_host.errors import AppLoadError
from function_host.http.routing import RouteTable


async def _app(scope, receive, send):
    raise AssertionError("never called")


def _table(*routes: tuple[str, list[str]]) -> RouteTable:
    table = RouteTable()
    for template, methods in routes:
        table.add(template, _app, methods=methods, auth_level="ANONYMOUS", function=template)
    return table


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


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("items/new", "items/new"),
        ("items/5", "items/{id:int}"),
        ("items/a.b", "items/{name}.{ext}"),
        ("items/x", "items/{name}"),
        ("items/5/6", "{*all:regex(6)}"),
        ("items/5/7", "{*all}"),
    ],
)
def test_the_most_precise_template_wins(path, template):
    templates = ("{*all}", "{*all:regex(6)}", "items/{name}", "items/{id:int}", "items/{name}.{ext}", "items/new")
    assert _table(*((template, []) for template in templates)).find("GET", path).route.template == template


def test_a_broken_template_leaves_the_table_as_it_was():
    table = _table(("{a}", []))
    with pytest.raises(AppLoadError, match="'id' twice"):
        table.add("{id}/{id}", _app, methods=[], auth_level="ANONYMOUS", function="f")
    assert table.find("GET", "1/2") is None
