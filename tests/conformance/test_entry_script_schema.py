"""Scripts with @input_schema and @output_schema of the real package: arguments by name, refusals, API descriptions."""

import json

import pytest

from tests.support.scoring_pair import Ask, Row, pair

FAILED = {"message": "An unexpected error occurred in scoring script. Check the logs for more info."}
JSON = {"content-type": "application/json"}
SCRIPT = """
    import numpy as np
    import pandas as pd
    from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
    from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
    from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
    from inference_schema.schema_decorators import input_schema, output_schema

    def init():
        pass

    @input_schema("array", NumpyParameterType(np.array([[1.0, 2.0]])))
    @input_schema("frame", PandasParameterType(pd.DataFrame({"a": [1], "b": ["x"]})))
    @input_schema("text", StandardPythonParameterType("sample"))
    @output_schema(NumpyParameterType(np.array([1.0])))
    def run(array, text, frame=None, request_headers=None):
        columns = None if frame is None else [type(frame).__name__, *frame.columns, int(frame.a.sum())]
        return [type(array).__name__, array.sum(), text, columns, request_headers["X-A"]]
    """
ONE = """
    import numpy as np
    from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
    from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
    from inference_schema.schema_decorators import input_schema, output_schema

    def init():
        pass

    @input_schema("data", NumpyParameterType(np.array([[1, 2, 3]]), enforce_shape=False))
    @input_schema("nested", StandardPythonParameterType({"a": StandardPythonParameterType([1, 2]), "b": 1.5}))
    @output_schema(StandardPythonParameterType({"sum": 1}))
    def run(data, nested={"a": [5]}):
        return {"sum": int(data.sum()), "nested": nested}
    """
MIXED = """
    from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
    from inference_schema.schema_decorators import input_schema

    def init():
        pass

    @input_schema("data", StandardPythonParameterType([1, "two", {"three": 3}]))
    def run(data):
        return data
    """
PROXY = """
    from types import ModuleType

    driver_module = ModuleType("scientist")
    driver_module.__file__ = "scientist.py"
    exec("def run(data): return ['inner', data]", driver_module.__dict__)

    def init():
        pass

    def run(input_data):
        return ["outer", input_data]
    """
SCRIPTS = {"many": SCRIPT, "one": ONE, "mixed": MIXED, "proxy": PROXY}


def row(name, body=b"{}", *, script="many", headers=JSON, path="/score", method="POST", answer=None, **expected):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    ask = Ask(method=method, path=path, headers=headers, body=data)
    return script, Row(name=name, ask=ask, body=answer, **expected)


def refused(name, body, message, status=400, headers=JSON, **more):
    return row(name, body, headers=headers, status=status, answer={"message": message}, **more)


def swagger(script, version, **expected):
    return row(f"{script}: swagger {version}", path=f"/swagger.json?version={version}", method="GET", script=script,
               headers={}, **expected)  # fmt: skip


WHOLE = {"array": [[3, 4]], "frame": [{"a": 5, "b": "y"}], "text": "t", "more": 1}
NOT_JSON = "Expects Content-Type to be application/json"
NOT_2 = (
    "Swagger version [2] is not supported for the scoring script. Supported swagger versions: [3, 3.1]."
)  # fmt: skip
ROWS = [
    row("all arguments", WHOLE, answer=["ndarray", 7.0, "t", ["DataFrame", "a", "b", 5], "b"], timed=True),
    row(
        "charset of the type",
        {"array": [[3, 4]], "text": "t", "frame": [{"a": 1, "b": "y"}]},
        headers={"content-type": "application/json; charset=utf-8"},
        timed=True,
    ),
    row("a type that is JSON too", WHOLE, headers={"content-type": "application/ld+json"}, timed=True),
    row(
        "GET with a query",
        path="/score?array=[[1,2]]&text=t&frame=[]",
        method="GET",
        headers={},
        status=500,
        failed="True",
    ),
    refused("a missing argument", {"array": [[1, 2]]}, "A value is not provided for the 'text' parameter."),
    refused("wrong names", {"x": 1}, "A value is not provided for the 'array' parameter."),
    refused(
        "no JSON",
        b"{no",
        "POST body could not be decoded as JSON: "
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ),
    refused("empty", b"", "POST body is empty. Expecting a JSON dictionary."),
    refused("not an object", [1], "POST body should be a JSON dictionary."),
    refused("another type", WHOLE, NOT_JSON, 415, headers={"content-type": "text/plain"}),
    refused("no type", WHOLE, NOT_JSON, 415, headers={}),
    row("OPTIONS", method="OPTIONS", answer=b"", content_type="text/html; charset=utf-8"),
    row("a wrong type", {**WHOLE, "array": "x"}, status=500, answer=FAILED, failed="True"),
    row("a wrong shape", {**WHOLE, "array": [1, 2, 3]}, status=500, answer=FAILED, failed="True"),
    row("null", {**WHOLE, "array": None}, status=500, answer=FAILED, failed="True"),
    row("default", {"data": [[1, 2]]}, script="one", answer={"sum": 3, "nested": {"a": [5]}}, timed=True),
    row("nested", {"data": [[1]], "nested": {"a": [7], "b": 2.5}}, script="one", timed=True),
    row("query of one", path="/score?data=[[4,5]]", method="GET", headers={}, script="one", timed=True),
    row("a list of mixed types", {"data": [1, "x"]}, script="mixed", timed=True),
    row("the scientist's own run()", b"x", script="proxy", answer=["inner", "x"], timed=True),
    *(swagger("many", version) for version in ("2", "2.0", "3", "3.0", "3.1")),
    *(swagger("one", version) for version in ("2", "3", "3.1")),
    swagger("many", "9", status=404),
    *(swagger("mixed", version) for version in ("3", "3.1")),
    swagger("mixed", "2", status=404, answer={"message": NOT_2}),
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    from contextlib import ExitStack

    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("schema")
        yield {name: stack.enter_context(pair(folder / name, text)) for name, text in SCRIPTS.items()}


@pytest.mark.process
@pytest.mark.parametrize(("script", "row"), ROWS, ids=lambda value: value.name if isinstance(value, Row) else "")
def test_our_answer(servers, script, row):
    row.check(servers[script].ours(row.ask))


@pytest.mark.scoring_server
@pytest.mark.parametrize(("script", "row"), ROWS, ids=lambda value: value.name if isinstance(value, Row) else "")
def test_the_real_one_says_the_same(servers, script, row):
    ours, real = servers[script].ours(row.ask), servers[script].real(row.ask)
    if row.ask.path.startswith("/swagger") and real.status == 200:
        assert json.loads(ours.body) == json.loads(real.body)
    else:
        row.compare(ours, real)
