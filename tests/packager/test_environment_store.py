from concurrent.futures import ThreadPoolExecutor

import pytest

from packager import Environment, InvalidEnvironment, LocalModelRegistry
from packager.environment_store import EnvironmentStore, store_of
from packager.models.memory import MemoryModelRegistry
from tests.packager.wheels import add_wheel


def variant(number: int, name: str = "e") -> Environment:
    return Environment(name, environment_variables={"N": str(number)})


def test_versions_count_up_and_an_unchanged_one_stays():
    versions = [variant(number).register(None).version for number in (1, 1, 2, 1)]

    assert versions == ["1", "1", "2", "3"]
    assert Environment.get(None, "e").environment_variables == {"N": "1"}
    assert Environment.get(None, "e", version=2).environment_variables == {"N": "2"}
    assert Environment.get(None, "e", label="latest").version == "3"


def test_all_names_with_their_newest_version():
    variant(1).register()
    variant(2).register()
    variant(1, "f").register()

    assert {name: each.version for name, each in Environment.list(None).items()} == {"e": "2", "f": "1"}


def test_a_label_means_one_version_at_a_time():
    variant(1).register()
    variant(2).register()

    Environment.label(None, "e", "1", ["stable"])
    assert Environment.get(None, "e", label="stable").version == "1"
    Environment.label(None, "e", "2", ["stable", "new"])
    assert Environment.get(None, "e", label="stable").version == "2"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "none"}, r"no environment 'none' in .*; versions are none"),
        ({"name": "e", "version": 9}, r"no environment 'e' of version 9 in .*; versions are \[1\]"),
        ({"name": "e", "label": "x"}, "no environment 'e' with the label 'x'"),
        ({"name": "e", "label": "x", "version": 1}, "exclude each other"),
        ({"name": "../e"}, "must begin with a letter"),
    ],
)
def test_what_is_not_there_is_named(arguments, words):
    variant(1).register()

    with pytest.raises(InvalidEnvironment, match=words):
        Environment.get(None, **arguments)


def test_at_once_they_get_different_versions(tmp_path):
    registry = LocalModelRegistry(tmp_path / "registry")
    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(lambda number: variant(number).register(registry).version, range(8)))

    assert sorted(versions, key=int) == [str(number) for number in range(1, 9)]
    assert store_of(registry).names() == ["e"]


def test_a_registry_that_is_no_folder_is_refused():
    with pytest.raises(InvalidEnvironment, match="Environments are kept in folders"):
        variant(1).register(MemoryModelRegistry())


def test_a_private_wheel_is_kept_and_installed_from_there(tmp_path):
    add_wheel(tmp_path, "mine", "py3-none-any")
    wheel = tmp_path / "mine-1.0-py3-none-any.whl"
    environment = Environment("e")

    address = Environment.add_private_pip_wheel(None, wheel)
    wheel.unlink()
    environment.python.conda_dependencies.add_pip_package(address)

    assert environment.python.conda_dependencies.pip_packages == ["mine==1.0"]
    (option,) = environment.pip_options
    folder = option.removeprefix("--find-links ")
    assert address == f"file://{folder}/mine-1.0-py3-none-any.whl"


def test_a_wheel_is_not_replaced_by_itself(tmp_path):
    add_wheel(tmp_path, "mine", "py3-none-any")
    wheel = tmp_path / "mine-1.0-py3-none-any.whl"
    store = EnvironmentStore(tmp_path / "store")
    store.add_wheel(wheel, exist_ok=False)

    assert store.add_wheel(wheel, exist_ok=True).is_file()
    with pytest.raises(InvalidEnvironment, match="is there already"):
        store.add_wheel(wheel, exist_ok=False)
    with pytest.raises(InvalidEnvironment, match="is not the file of a wheel"):
        store.add_wheel(tmp_path / "none.whl", exist_ok=False)
