import pytest

from packager import Environment
from packager.staging.companions import companions
from packager.staging.requirements import render_requirements


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("from flask import Response", ["flask>=3"]),
        ("import inference_schema.schema_decorators", ["inference-schema>=1.8"]),
        (
            "from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType",
            ["inference-schema[numpy-support]>=1.8"],
        ),
        (
            "from inference_schema.parameter_types import pandas_parameter_type",
            ["inference-schema[pandas-support]>=1.8"],
        ),
        ("import flasks, numpy", []),
        ("this is no Python", []),
    ],
)
def test_what_a_script_imports_and_the_retired_sdk_brought(tmp_path, code, names):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "helper.py").write_text(code)

    assert [str(each) for each in companions(tmp_path)] == names


def test_they_are_installed_unless_the_user_names_them(tmp_path):
    (tmp_path / "score.py").write_text("import flask\n")
    own = Environment("own")
    own.python.conda_dependencies.add_pip_package("Flask==3.0.0")

    assert "flask>=3" in render_requirements(Environment("none"), [], tmp_path).splitlines()
    assert [each for each in render_requirements(own, [], tmp_path).splitlines() if "lask" in each] == ["Flask==3.0.0"]
