import json
import sys

import pytest

from function_host.errors import AppLoadError
from function_host.function_json import function_folders, load_function_json

HTTP = [
    {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", "methods": ["get"]},
    {"type": "http", "direction": "out", "name": "$return"},
]
MAIN = "def main(req):\n    return 'hi'\n"


@pytest.fixture(autouse=True)
def forget_the_app():
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "__app__"]:
        del sys.modules[name]


@pytest.fixture
def app(tmp_path):
    def write(files, **document):
        for name, text in files.items():
            path = tmp_path / "app" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        path = tmp_path / "app" / "hello" / "function.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"bindings": HTTP, **document}))
        return path.parent

    return write


def test_the_folder_names_the_function_and_main_is_its_entry_point(app):
    function = load_function_json(app({"hello/__init__.py": MAIN}))
    assert function.name == "hello"
    assert function.call(req=None) == "hi"
    assert function.trigger.type == "httpTrigger"
    assert function.returns.type == "http"


def test_script_file_and_entry_point_may_be_chosen(app):
    folder = app(
        {"shared/code.py": "def run(req):\n    return 'shared'\n"}, scriptFile="../shared/code.py", entryPoint="run"
    )
    assert load_function_json(folder).call(req=None) == "shared"


def test_the_only_python_file_is_the_script(app):
    assert load_function_json(app({"hello/anything.py": MAIN})).call(req=None) == "hi"


def test_code_is_shared_through_the_root_package_and_relative_imports(app):
    script = "from __app__.shared import A\nfrom ..shared import B\ndef main(req):\n    return A + B\n"
    assert (
        load_function_json(app({"hello/__init__.py": script, "shared/__init__.py": "A = 1\nB = 2"})).call(req=None) == 3
    )


@pytest.mark.parametrize("disabled", [True, "true", "1"])
def test_a_disabled_function_is_known_as_one(app, disabled):
    assert load_function_json(app({"hello/__init__.py": MAIN}, disabled=disabled)).is_disabled


def test_a_retry_policy_is_read(app):
    retry = {"strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:05"}
    assert load_function_json(app({"hello/__init__.py": MAIN}, retry=retry)).retry.max_retries == 2


@pytest.mark.parametrize(
    ("files", "document", "complaint"),
    [
        ({"hello/__init__.py": MAIN}, {"bindings": []}, r"at least one binding must be declared in \$\.bindings"),
        ({"hello/__init__.py": MAIN}, {"bindings": ["x"]}, r"\$\.bindings\[0\] must be an object"),
        ({"hello/__init__.py": MAIN}, {"bindings": [{"name": "x"}]}, r"\$\.bindings\[0\]\.type must be text"),
        ({"hello/__init__.py": MAIN}, {"bindings": [HTTP[1]]}, "exactly one trigger; it has none"),
        ({"hello/__init__.py": MAIN}, {"bindings": [HTTP[0], {**HTTP[0], "name": "b"}]}, "exactly one trigger"),
        ({"hello/__init__.py": MAIN}, {"bindings": [HTTP[0], {**HTTP[1], "direction": "inout"}]}, "'inout'"),
        ({"hello/__init__.py": MAIN}, {"bindings": [HTTP[0], {**HTTP[1], "direction": "in"}]}, r"\$return .* 'out'"),
        ({"hello/__init__.py": MAIN}, {"scriptFile": "none.py"}, r"'none\.py' of \$\.scriptFile does not exist"),
        ({"hello/__init__.py": MAIN, "hello/x.txt": ""}, {"scriptFile": "x.txt"}, "not a Python file"),
        ({"../out.py": MAIN}, {"scriptFile": "../../out.py"}, "outside the app"),
        ({"hello/a.py": MAIN, "hello/b.py": MAIN}, {}, "has no script"),
        ({"hello/__init__.py": MAIN}, {"entryPoint": "other"}, "has no function 'other'"),
        ({"hello/__init__.py": "1 / 0"}, {}, "could not be imported: ZeroDivisionError"),
        ({"hello/__init__.py": "def main(req):\n    yield 1\n"}, {}, "is a generator"),
        ({"hello/__init__.py": "def main(request):\n    return 1\n"}, {}, "parameter 'request', but no binding"),
    ],
)
def test_a_broken_function_is_told_with_its_place(app, files, document, complaint):
    with pytest.raises(AppLoadError, match=complaint):
        load_function_json(app(files, **document))


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_broken_file_is_named(tmp_path, text):
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "function.json").write_text(text)
    with pytest.raises(AppLoadError, match=r"function\.json"):
        load_function_json(tmp_path / "f")


def test_only_folders_one_level_down_count(tmp_path):
    for folder in ("b", "a", "a/deeper", "c"):
        (tmp_path / folder).mkdir()
    for folder in ("b", "a", "a/deeper"):
        (tmp_path / folder / "function.json").write_text("{}")
    assert [path.name for path in function_folders(tmp_path)] == ["a", "b"]


@pytest.mark.parametrize(("written", "runs"), [("OFF", False), ("%OFF%", False), ("ON", True), ("NOBODY", True)])
def test_a_setting_may_disable_it(app, written, runs):
    folder = app({"hello/__init__.py": MAIN}, bindings=HTTP, disabled=written)
    assert load_function_json(folder, {"OFF": "true", "ON": "0"}).is_disabled is not runs
