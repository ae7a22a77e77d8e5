import sys

import pytest

from packager.azureml import finder
from packager.azureml.modules import MODULES

OLD = """
import azureml.core
from azureml.core import Workspace, Environment
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.model import InferenceConfig, Model
from azureml.contrib.functions import package, BLOB_TRIGGER, HTTP_TRIGGER

print("SDK version:", azureml.core.VERSION)
ws = Workspace.from_config()
model = Model.register(workspace=ws, model_path="model.bin", model_name="old", tags={"area": "health"})
environment = Environment(name="myenv")
environment.python.conda_dependencies = CondaDependencies.create(pip_packages=["azureml-defaults>=1.0.45", "numpy"])
config = InferenceConfig(entry_script="score.py", source_directory="source", environment=environment)
blob = package(ws, [model], config, generate_dockerfile=True, functions_enabled=True, trigger=BLOB_TRIGGER,
               input_path="input/{blobname}.json", output_path="output/{blobname}_out.json")
blob.wait_for_creation(show_output=True)
blob.save("out")
print(blob.state, ws.models["old"].version)
"""


def test_an_old_notebook_runs_unchanged(run_old, tmp_path):
    printed = run_old(OLD)

    assert "Package creation Succeeded\nSucceeded 1" in printed
    assert "input/{blobname}.json" in (tmp_path / "out" / "function_app.py").read_text()


def test_what_is_installed_is_not_replaced(run_old, tmp_path):
    core = tmp_path / "installed" / "azureml" / "core"
    core.mkdir(parents=True)
    (core.parent / "__init__.py").write_text("")
    (core / "__init__.py").write_text("VERSION = 'real'\nclass Model: real = True\n")
    (core / "model.py").write_text("class Model: real = True\n")

    printed = run_old("""
    import packager
    from azureml.core import Model, VERSION
    import azureml.core.model as model
    from azureml.contrib.functions import package
    from azureml.core.image import ContainerImage
    print(VERSION, Model.real, model.Model.real, package is packager.package)
    """)

    assert printed == "real True True True\n"


def test_what_has_no_stand_in_is_missing(run_old):
    printed = run_old("""
    import importlib.util
    import azureml.core
    try:
        import azureml.unheard_of
    except ModuleNotFoundError as error:
        print(error)
    print(importlib.util.find_spec("azureml.core.nothing"))
    """)

    assert printed == "No module named 'azureml.unheard_of'\nNone\n"


def test_all_modules_can_be_imported(run_old):
    names = [*MODULES]

    printed = run_old(f"""
    import importlib
    for name in {names!r}:
        module = importlib.import_module(name)
        assert module.__all__ is not None
        exec("from " + name + " import *")
    print("done")
    """)

    assert printed == "done\n"


@pytest.mark.parametrize("name", ["json", "azure", "azureml_other", "azureml.nothing"])
def test_other_modules_are_not_found(name):
    assert finder.StandInFinder.find_spec(name) is None


def test_it_comes_last_and_once():
    before = sys.meta_path[:]
    try:
        finder.install()
        finder.install()

        assert sys.meta_path.count(finder.StandInFinder) == 1
        assert sys.meta_path[-1] is finder.StandInFinder
    finally:
        sys.meta_path[:] = before
