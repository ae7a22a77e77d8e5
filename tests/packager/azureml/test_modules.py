import packager
from packager.azureml.finder import imported
from packager.azureml.modules import MODULES, is_package
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
    assert all(name.rpartition(".")[0] in MODULES for name in MODULES if "." in name)
