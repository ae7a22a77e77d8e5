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


@pytest.mark.process
def test_an_old_notebook_runs_unchanged(run_old, tmp_path):
    printed = run_old(OLD)

    assert "Package creation Succeeded\nSucceeded 1" in printed
    assert "input/{blobname}.json" in (tmp_path / "out" / "function_app.py").read_text()


@pytest.mark.process
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


@pytest.mark.process
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


@pytest.mark.process
def test_all_modules_can_be_imported(run_old):
    names = [name for name in MODULES if name != "sklearn.externals.joblib"]

    printed = run_old(f"""
    import importlib
    for name in {names!r}:
        module = importlib.import_module(name)
        exec("from " + name + " import *")
    print("done")
    """)

    assert printed == "done\n"


@pytest.mark.process
def test_a_scoring_script_can_be_tried(run_old, tmp_path):
    (tmp_path / "score_of_mine.py").write_text(
        "from azureml.contrib.services.aml_request import AMLRequest, rawhttp\n"
        "from azureml.contrib.services.aml_response import AMLResponse\n"
        "from azureml.monitoring import ModelDataCollector\n"
        "def init():\n    ModelDataCollector('m', designation='inputs', feature_names=['a']).collect([1])\n"
        "@rawhttp\ndef run(request: AMLRequest): return AMLResponse('x', 201)\n"
    )

    printed = run_old("""
    import sys
    sys.path.insert(0, ".")
    import score_of_mine
    score_of_mine.init()
    print(score_of_mine.run(None).status_code)
    """)

    assert printed == "201\n"


@pytest.mark.process
def test_the_joblib_of_scikit_learn(run_old, tmp_path):
    for package in ("sklearn", "sklearn/externals", "joblib"):
        (tmp_path / "installed" / package).mkdir()
        (tmp_path / "installed" / package / "__init__.py").write_text("load = 7\n" if package == "joblib" else "")

    printed = run_old("""
    import sys
    from sklearn.externals import joblib
    print("joblib" in sys.modules)
    import sklearn.externals.joblib as again
    from sklearn.externals.joblib import load
    print(joblib.load, again.load, load, joblib is again)
    """)

    assert printed == "False\n7 7 7 True\n"


@pytest.mark.process
def test_all_of_what_is_not_kept_can_be_imported(run_old):
    printed = run_old("""
    from azureml.train.hyperdrive import HyperDriveConfig
    from azureml.pipeline.steps import PythonScriptStep
    from azureml.widgets import *
    import azureml.data.datapath
    from azureml.widgets import RunDetails
    for use in (HyperDriveConfig, lambda: PythonScriptStep(name="x"), RunDetails, azureml.data.datapath.DataPath):
        try:
            use()
        except Exception as error:
            print(type(error).__name__, error)
    """)

    lines = printed.splitlines()
    assert [line.split(" is not supported: ")[0] for line in lines] == [
        "InvalidPackageRequest HyperDriveConfig",
        "InvalidPackageRequest PythonScriptStep",
        "InvalidPackageRequest RunDetails",
        "InvalidPackageRequest DataPath",
    ]
    assert "there are no pipelines" in lines[1]


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
