import re
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from function_host.errors import AppLoadError, AppNotFound, DuplicateFunction, ReservedModuleName
from function_host.loader import load_app

ONE = """
    import azure.functions as func
    app = func.FunctionApp()
    @app.route(route="x")
    def one(req: func.HttpRequest) -> str:
        return "x"
    """


def test_functions_are_found_and_the_app_folder_is_entered(write_app):
    root = write_app({"function_app.py": ONE})
    assert [function.name for function in load_app(root, {}).functions] == ["one"]
    assert Path.cwd() == root
    assert str(root) in sys.path


def test_packages_put_beside_the_app_are_found(write_app):
    root = write_app(
        {
            "function_app.py": "import packed_beside\n" + ONE.replace("\n    ", "\n"),
            ".python_packages/lib/site-packages/packed_beside.py": "X = 1",
        }
    )
    assert load_app(root, {}).functions


def test_a_folder_without_an_app_is_named(tmp_path):
    with pytest.raises(AppNotFound, match=r"neither function_app\.py nor a folder with a function\.json"):
        load_app(tmp_path, {})


def test_a_broken_app_keeps_the_users_error_as_the_cause(write_app):
    with pytest.raises(AppLoadError, match="could not be imported") as caught:
        load_app(write_app({"function_app.py": "1 / 0"}), {})
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
        load_app(write_app({"function_app.py": text}), {})


def test_two_functions_of_one_name_are_refused(write_app):
    text = ONE + ONE.split("app = func.FunctionApp()")[1]
    with pytest.raises(DuplicateFunction, match="one"):
        load_app(write_app({"function_app.py": text}), {})


@pytest.mark.parametrize(
    "name", ["triggers/__init__.py", "triggers/http_bp.py", "function_host/__init__.py", "triggers.py"]
)
def test_reserved_names_are_refused_by_name(write_app, name):
    with pytest.raises(ReservedModuleName, match=name.split("/")[0].removesuffix(".py")):
        load_app(write_app({"function_app.py": ONE, name: ""}), {})


def test_a_folder_without_code_may_have_a_reserved_name(write_app):
    assert load_app(write_app({"function_app.py": ONE, "triggers/readme.md": ""}), {}).functions


def test_a_function_may_have_a_reserved_name(write_app):
    files = {"triggers/function.json": FUNCTION_JSON, "triggers/__init__.py": "def main(req): return 'hi'"}
    assert [function.name for function in load_app(write_app(files), {}).functions] == ["triggers"]


def test_an_app_may_have_packages_called_like_those_the_host_does_not_use(write_app):
    text = "from infra.settings import ROUTE\nimport packager\n" + dedent(ONE)
    files = {"function_app.py": text, "infra/settings.py": "", "infra/__init__.py": "", "packager.py": ""}
    root = write_app({**files, "infra/settings.py": "ROUTE = 'x'"})
    ours = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in ("infra", "packager")}
    try:
        assert load_app(root, {}).functions
        assert Path(sys.modules["packager"].__file__) == root / "packager.py"
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] in ("infra", "packager")]:
            del sys.modules[name]
        sys.modules.update(ours)


def test_another_script_name_may_be_set(write_app):
    root = write_app({"main.py": ONE})
    assert load_app(root, {"PYTHON_SCRIPT_FILE_NAME": "main.py"}).functions


@pytest.mark.parametrize("name", ["main", "src/app.py", "../app/function_app.py", "main.py\n"])
def test_a_script_name_that_is_none_is_refused(write_app, name):
    root = write_app({"function_app.py": ONE, "src/app.py": ONE})
    with pytest.raises(AppLoadError, match=re.escape(f"PYTHON_SCRIPT_FILE_NAME is {name!r}; set it to the name")):
        load_app(root, {"PYTHON_SCRIPT_FILE_NAME": name})


def test_a_function_that_breaks_the_loader_does_not_stop_the_others(write_app, caplog):
    files = {
        "good/function.json": FUNCTION_JSON,
        "good/__init__.py": "def main(req): return 'hi'",
        "odd/function.json": FUNCTION_JSON,
        "odd/__init__.py": "class Odd:\n    def __getattribute__(self, name): raise OSError(name)\n"
        "    def __call__(self, req): pass\nmain = Odd()",
    }
    app = load_app(write_app(files), {})
    assert [function.name for function in app.functions] == ["good"]
    assert "Function 'odd' cannot be loaded: OSError: " in str(app.failures["odd"])
    assert "cannot be loaded for an unforeseen reason" in caplog.text


FUNCTION_JSON = """
    {"bindings": [{"type": "httpTrigger", "direction": "in", "name": "req"},
                  {"type": "http", "direction": "out", "name": "$return"}]}
    """


def test_folders_with_a_function_json_are_functions(write_app):
    files = {"hello/function.json": FUNCTION_JSON, "hello/__init__.py": "def main(req): return 'hi'"}
    assert [function.name for function in load_app(write_app(files), {}).functions] == ["hello"]


def test_the_two_models_are_never_mixed(write_app, caplog):
    files = {"function_app.py": ONE, "hello/function.json": FUNCTION_JSON, "hello/__init__.py": "def main(req): pass"}
    assert [function.name for function in load_app(write_app(files), {}).functions] == ["one"]
    assert "these folders are ignored: hello" in caplog.text


def test_a_broken_function_does_not_stop_the_others(write_app):
    files = {
        "good/function.json": FUNCTION_JSON,
        "good/__init__.py": "def main(req): return 'hi'",
        "bad/function.json": FUNCTION_JSON,
        "bad/__init__.py": "def main(request): return 'hi'",
    }
    app = load_app(write_app(files), {})
    assert [function.name for function in app.functions] == ["good"]
    assert "parameter 'request'" in str(app.failures["bad"])
