import sys
from pathlib import Path

import pytest

from function_host.errors import AppLoadError, DuplicateFunction, ReservedModuleName
from function_host.loader import load_functions

ONE = """
    import azure.functions as func
    app = func.FunctionApp()
    @app.route(route="x")
    def one(req: func.HttpRequest) -> str:
        return "x"
    """


def test_functions_are_found_and_the_app_folder_is_entered(write_app):
    root = write_app({"function_app.py": ONE})
    assert [function.name for function in load_functions(root)] == ["one"]
    assert Path.cwd() == root
    assert str(root) in sys.path


def test_packages_put_beside_the_app_are_found(write_app):
    root = write_app(
        {
            "function_app.py": "import packed_beside\n" + ONE.replace("\n    ", "\n"),
            ".python_packages/lib/site-packages/packed_beside.py": "X = 1",
        }
    )
    assert load_functions(root)


def test_a_folder_without_an_app_is_named(tmp_path):
    with pytest.raises(AppLoadError, match=r"function_app\.py is missing"):
        load_functions(tmp_path)


def test_a_broken_app_keeps_the_users_error_as_the_cause(write_app):
    with pytest.raises(AppLoadError, match="could not be imported") as caught:
        load_functions(write_app({"function_app.py": "1 / 0"}))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1", "none"),
        ("import azure.functions as f\na = f.FunctionApp()\nb = f.FunctionApp()", "2 names"),
        ("import azure.functions as f\na = f.FunctionApp()\nb = a", "2 names"),
    ],
)
def test_not_exactly_one_app_is_refused(write_app, text, found):
    with pytest.raises(AppLoadError, match=f"it has {found}"):
        load_functions(write_app({"function_app.py": text}))


def test_two_functions_of_one_name_are_refused(write_app):
    text = ONE + ONE.split("app = func.FunctionApp()")[1]
    with pytest.raises(DuplicateFunction, match="one"):
        load_functions(write_app({"function_app.py": text}))


@pytest.mark.parametrize("name", ["triggers/__init__.py", "function_host/__init__.py", "triggers.py"])
def test_reserved_names_are_refused_by_name(write_app, name):
    with pytest.raises(ReservedModuleName, match=name.split("/")[0].removesuffix(".py")):
        load_functions(write_app({"function_app.py": ONE, name: ""}))
