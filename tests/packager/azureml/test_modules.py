import packager
from packager.azureml.finder import imported
from packager.azureml.modules import MODULES, is_package, names_in
from packager.migration.table import table


def test_the_names_are_those_of_the_packager():
    for module, name in table().documented:
        if "." not in name:
            value = MODULES[module][name]
            assert isinstance(value, str)
            assert imported(value) is getattr(packager, name)


def test_every_name_can_be_made():
    for names in MODULES.values():
        assert all(imported(value) if isinstance(value, str) else value() for value in names.values())


def test_packages_have_modules_below_them():
    assert is_package("azureml.core")
    assert not is_package("azureml.core.model")
    assert is_package("azureml.train.hyperdrive")
    ours = [name for name in MODULES if "." in name and not name.startswith("sklearn.")]
    assert all(name.rpartition(".")[0] in MODULES for name in ours)


def test_whole_packages_are_refused():
    assert names_in("azureml.pipeline.steps.made_up")
    assert names_in("azureml.nothing") is None
    assert names_in("sklearn.externals") is None


def test_the_default_images_are_those_of_the_packager():
    for module in ("azureml.core.environment", "azureml.core.runconfig"):
        for name in ("DEFAULT_CPU_IMAGE", "DEFAULT_GPU_IMAGE"):
            value = MODULES[module][name]
            assert not isinstance(value, str)
            assert value() == "python:3.11-slim"
