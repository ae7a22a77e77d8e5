import textwrap

import pytest

from packager.migration.scanning import Scan


def scanned(source: str, **names: str) -> list[tuple[int, str, str]]:
    scan = Scan(file="a.py", cell=None, names=names)
    scan.read(textwrap.dedent(source))
    return [(finding.line, finding.name, finding.verdict) for finding in scan.findings]


def said(source: str) -> dict[str, str]:
    return {name: verdict for _, name, verdict in scanned(source)}


MODEL = "azureml.core.model.Model"


def test_aliases_of_modules_and_classes():
    source = """
    import azureml.core as aml
    from azureml.core import Model as M
    print(aml.VERSION)
    M.get_sas_urls
    aml.Model.list(ws)
    """

    assert scanned(source) == [
        (2, "azureml.core", "works as is"),
        (3, "azureml.core.Model", "works as is"),
        (4, "azureml.core.VERSION", "works as is"),
        (5, f"{MODEL}.get_sas_urls", "works with a change"),
        (6, f"{MODEL}.list", "works as is"),
    ]


def test_what_calls_return_is_followed():
    found = said("""
    from azureml.core import Workspace
    from azureml.contrib.functions import package
    ws = Workspace.from_config()
    ws.get_default_datastore()
    blob = package(ws, [], config)
    blob.wait_for_creation(show_output=True)
    Workspace.from_config().location
    """)

    assert found["azureml.core.workspace.Workspace.get_default_datastore"] == "not supported"
    assert found["azureml.core.model.ModelPackage.wait_for_creation"] == "works as is"
    assert found["azureml.core.workspace.Workspace.location"] == "has no meaning here"


def test_sections_of_environments():
    found = said("""
    from azureml.core import Environment
    env: Environment = Environment("e")
    env.docker.enabled = True
    env.python.conda_dependencies.add_cntk_package()
    """)

    assert found["azureml.core.environment.Environment.docker.enabled"] == "has no meaning here"
    assert found["azureml.core.conda_dependencies.CondaDependencies.add_cntk_package"] == "not supported"


def test_loops_over_lists():
    found = said("""
    from azureml.core.model import *
    for model in Model.list(ws):
        model.get_sas_urls()
    [other.delete() for other in Model.list(ws)]
    """)

    assert found[f"{MODEL}.get_sas_urls"] == "works with a change"
    assert found[f"{MODEL}.delete"] == "works as is"


def test_a_star_import_hides_nothing():
    scan = Scan(file="a.py", cell=None, names={})
    scan.read("from azureml.core import *\nrun = Run.get_context()\nExperiment(ws, 'e')\nWorkspace.get('x')\n")

    found = {finding.name: finding.verdict for finding in scan.findings}
    assert found == {
        "azureml.core": "works as is",
        "azureml.core.run.Run.get_context": "not supported",
        "azureml.core.experiment.Experiment": "not supported",
        "azureml.core.workspace.Workspace.get": "works as is",
    }
    assert "ComputeTarget, ContainerRegistry, Dataset" in scan.findings[0].note


def test_star_imports_of_what_is_reachable_elsewhere():
    found = said("""
    from azureml.core.image.container import *
    from azureml.core.webservice import *
    from azureml.contrib.functions import *
    ContainerImage.image_configuration("score.py", "python")
    package(ws, [], config)
    """)

    assert found["azureml.core.webservice"] == "works as is"
    assert "azureml.core.image.ContainerImage.image_configuration" in found
    assert found["azureml.contrib.functions.package"] == "works as is"


def test_lists_in_variables():
    found = said("""
    from azureml.core import Model, Workspace
    models = Model.list(ws)
    for model in models:
        model.get_sas_urls()
    models[0].delete()
    if (found := Workspace.from_config()):
        found.get_default_keyvault()
    models = []
    models[0].download()
    """)

    assert found[f"{MODEL}.get_sas_urls"] == "works with a change"
    assert found[f"{MODEL}.delete"] == "works as is"
    assert "azureml.core.workspace.Workspace.get_default_keyvault" in found
    assert f"{MODEL}.download" not in found


def test_services_are_kept_and_training_is_not():
    found = said("""
    from azureml.core.webservice import AciWebservice
    from azureml.train.hyperdrive import HyperDriveConfig
    import azureml.widgets
    from azureml.core import Model, Experiment
    config = AciWebservice.deploy_configuration(cpu_cores=1)
    service = Model.deploy(ws, "s", [], inference, config)
    service.wait_for_deployment()
    """)

    assert found.pop("azureml.core.Model") == "works as is"
    assert found.pop(f"{MODEL}.deploy") == "works as is"
    kept = {name for name, state in found.items() if state == "works as is"}
    assert {name.partition(".webservice")[0] for name in kept} == {"azureml.core"}
    assert {found[name] for name in found.keys() - kept} == {"not supported"}


def test_a_name_that_means_something_else_now_is_left_alone():
    assert scanned("model = load()\nmodel.get_sas_urls()", model=MODEL) == []


def test_other_code_is_left_alone():
    assert scanned("import json\nfrom . import azureml\nfrom .azureml import Model\njson.loads(x).y(z)") == []


def test_arguments_are_looked_at():
    found = said("from azureml.core import Model\nprint(Model.list(Model.register(ws)), key=Model.profile)")

    assert list(found) == ["azureml.core.Model", f"{MODEL}.list", f"{MODEL}.register", f"{MODEL}.profile"]


@pytest.mark.parametrize(
    ("text", "count"), [("!pip install azureml-sdk", 1), ("%pip install --upgrade azureml-core", 1), ("!ls", 0)]
)
def test_installing_the_packages_has_no_meaning(text, count):
    scan = Scan(file="a.ipynb", cell=1, names={})
    scan.read_magics([(1, text)])

    assert [finding.verdict for finding in scan.findings] == ["has no meaning here"] * count


def test_attributes_of_an_object_are_followed_from_method_to_method():
    assert scanned("""
    from azureml.core import Model, Workspace
    class Service:
        def before(self):
            self.ws.get_default_datastore()
        def __init__(self, config):
            self.ws = Workspace.from_config()
            config.models = Model.list(self.ws)
            config.models[0].get_sas_urls()
    class Other:
        def __init__(self):
            self.ws.get_default_datastore()
    """) == [
        (2, "azureml.core.Model", "works as is"),
        (2, "azureml.core.Workspace", "works as is"),
        (5, "azureml.core.workspace.Workspace.get_default_datastore", "not supported"),
        (7, "azureml.core.workspace.Workspace.from_config", "works as is"),
        (8, f"{MODEL}.list", "works as is"),
        (9, f"{MODEL}.get_sas_urls", "works with a change"),
    ]  # fmt: skip


def test_what_an_annotation_says_of_an_argument():
    found = said("""
    from azureml.core import Workspace
    def deploy(ws: Workspace, name: str) -> None:
        ws.get_default_datastore()
    """)

    assert found["azureml.core.workspace.Workspace.get_default_datastore"] == "not supported"


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    ws: Workspace\n    def f(self):\n        self.ws.get_default_datastore()",
        "class A:\n    ws = Workspace.from_config()\n    def f(self):\n        self.ws.get_default_datastore()",
        "def f(ws: 'Workspace | None'):\n    ws.get_default_datastore()",
        "def f(ws: Optional[Workspace] = None):\n    ws.get_default_datastore()",
        "with Workspace.from_config() as ws:\n    ws.get_default_datastore()",
        "ws = Workspace.from_config()\ndef f():\n    ws = None\nws.get_default_datastore()",
        "def f():\n    global ws\n    ws = Workspace.from_config()\nws.get_default_datastore()",
    ],
)
def test_what_is_plain_to_see_is_followed(source):
    found = [name for _, name, _ in scanned(f"from azureml.core import Workspace\n{source}")]

    assert found.count("azureml.core.workspace.Workspace.get_default_datastore") == 1


def test_a_name_of_a_function_means_nothing_outside():
    found = said("from azureml.core import Workspace\ndef f(ws: Workspace):\n    pass\nws.get_default_datastore()")

    assert "azureml.core.workspace.Workspace.get_default_datastore" not in found


def test_what_always_raises_is_not_said_to_work():
    found = said("from azureml.core.webservice import AciWebservice\nAciWebservice(ws, 'x').get_token()")

    assert found["azureml.core.webservice.AciWebservice.get_token"] == "not supported"
