import pytest

from function_host.errors import AppLoadError
from function_host.http.templates import compile_template, precedence


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
        ("items/{id:int:min(3)}", "items/3", {"id": "3"}),
        ("items/{id:int:min(3)}", "items/2", None),
        ("items/{id:int}", "items/5\nx", None),
        ("items/{id}", "items/5\n", {"id": "5\n"}),
        ("{*path}", "a\nb", {"path": "a\nb"}),
        ("page/{n=1}", "page", {"n": "1"}),
        ("page/{n:int=1}", "page/2", {"n": "2"}),
        ("{*path=home}", "", {"path": "home"}),
        ("f/{name}.{ext}", "f/a.b.c", {"name": "a.b", "ext": "c"}),
        ("f/{name}.{ext}", "f/a", None),
        ("f/{name}.{ext?}", "f/a", {"name": "a"}),
        ("f/{name}.{ext?}", "f/a.b.c", {"name": "a.b", "ext": "c"}),
        ("v{n:int}/x", "v2/x", {"n": "2"}),
        ("{my-id}", "1", {"my-id": "1"}),
        (r"r/{id:regex(^\d{{3}}$)}", "r/123", {"id": "123"}),
        (r"r/{id:regex(^\d{{3}}$)}", "r/12", None),
        ("r/{id:regex(^(a|b):(c)$):minlength(3)?}", "r/a:c", {"id": "a:c"}),
        ("{{x}}/{id}", "{x}/1", {"id": "1"}),
        ("{id:guid}", "0f8fad5b-d9cb-469f-a165-70867728950e", {"id": "0f8fad5b-d9cb-469f-a165-70867728950e"}),
    ],
)
def test_a_template_finds_its_parameters(template, path, parameters):
    assert compile_template(template)(path) == parameters


@pytest.mark.parametrize("template", ["items/{id", "items/{}", "items/{id:int=1?}", "x}", "items/{id:int)}"])
def test_a_broken_template_is_refused_where_it_is(template):
    with pytest.raises(AppLoadError, match="cannot be read at"):
        compile_template(template)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{id}/{ID}", "the parameter 'id' twice"),
        ("{a}{b}", "two parameters side by side"),
        ("{*rest}/more", "goes on beside {\\*rest}"),
        ("x{*rest}", "goes on beside {\\*rest}"),
        ("v{n?}", "'n' beside other text"),
    ],
)
def test_a_template_that_makes_no_sense_says_why(template, said):
    with pytest.raises(AppLoadError, match=said):
        compile_template(template)


def test_an_unknown_constraint_is_refused_with_the_known_ones():
    with pytest.raises(AppLoadError, match=r"constraint 'odd'; known are .*guid"):
        compile_template("items/{id:odd}")


def test_what_says_more_of_the_path_comes_first():
    templates = ["{*a}", "{*a:int}", "{a}", "{a:int}", "{a}.{b}", "a"]
    assert [precedence(template) for template in templates] == [(5,), (4,), (3,), (2,), (2,), (1,)]
