import ast

import pytest

from packager.migration.arguments import change_of

PACKAGE = "azureml.core.model.Model.package"
GET = "azureml.core.environment.Environment.get"


def call(source: str) -> ast.Call:
    found = ast.parse(source, mode="eval").body
    assert isinstance(found, ast.Call)
    return found


def test_a_package_needs_a_script():
    change = change_of(PACKAGE, call("Model.package(ws, [m], image_name='x')"))

    assert change is not None
    assert change.write == (
        "Model.package(ws, [m], image_name='x', inference_config=InferenceConfig('score.py', environment=environment))"
    )


@pytest.mark.parametrize("source", ["p(ws, [m], c)", "p(ws, [m], inference_config=c)", "p(*all)", "p(ws, **rest)"])
def test_a_package_with_a_script_does_not_change(source):
    assert change_of(PACKAGE, call(source)) is None


def test_curated_environments_are_not_there():
    change = change_of(GET, call("Environment.get(workspace=ws, name='AzureML-Minimal')"))

    assert change is not None
    assert "from_pip_requirements('AzureML-Minimal'" in change.write
    assert change_of(GET, call("Environment.get(ws, 'mine')")) is None
    assert change_of("azureml.core.model.Model.list", call("f()")) is None
