import pytest
import yaml

from packager import CondaDependencies, InvalidEnvironment
from packager.conda_dependencies import package_name


def test_a_new_one_asks_for_nothing():
    made = CondaDependencies()

    assert (made.conda_packages, made.pip_packages, made.get_python_version()) == ([], [], None)
    assert made.get_default_number_of_packages() == 0


def test_create_takes_what_the_retired_one_took():
    made = CondaDependencies.create(
        pip_indexurl="https://a.example.com/simple",
        pip_packages=["numpy==1.26.4"],
        conda_packages=["scikit-learn=1.5"],
        python_version="3.11.4",
        pin_sdk_version=False,
    )

    assert made.pip_options == ["--index-url https://a.example.com/simple"]
    assert (made.pip_packages, made.conda_packages) == (["numpy==1.26.4"], ["scikit-learn=1.5"])
    assert made.get_python_version() == "3.11.4"


def test_a_package_is_there_once():
    made = CondaDependencies.create(pip_packages=["Scikit_Learn==1.4"], conda_packages=["numpy=1.25"])

    made.add_pip_package("scikit-learn==1.5")
    made.add_conda_package("conda-forge::numpy=1.26")

    assert (made.pip_packages, made.conda_packages) == (["scikit-learn==1.5"], ["conda-forge::numpy=1.26"])


def test_packages_are_removed_by_name():
    made = CondaDependencies.create(pip_packages=["a==1", "b"], conda_packages=["c=1", "d"])

    made.remove_pip_package("a")
    made.remove_conda_package("c")

    assert (made.pip_packages, made.conda_packages) == (["b"], ["d"])


def test_python_among_the_packages_is_the_version():
    made = CondaDependencies()

    made.add_conda_package("python=3.12.1")

    assert (made.get_python_version(), made.conda_packages) == ("3.12", [])
    made.set_python_version(None)
    assert made.get_python_version() is None


def test_options_and_channels():
    made = CondaDependencies()
    made.set_pip_option("--pre")
    made.set_pip_index_url("https://a.example.com")
    made.set_pip_index_url("https://b.example.com")
    made.add_channel("conda-forge")
    made.add_channel("conda-forge")
    assert (made.pip_options, made.conda_channels) == (["--pre", "--index-url https://b.example.com"], ["conda-forge"])

    made.remove_pip_option("--index-url")
    made.remove_channel("conda-forge")

    assert (made.pip_options, made.conda_channels) == (["--pre"], [])


def test_requirements_replace_all():
    made = CondaDependencies.create(pip_packages=["a", "b"])

    made.set_pip_requirements(["c"])

    assert made.pip_packages == ["c"]


def test_tensorflow_is_one_package():
    made = CondaDependencies()

    made.add_tensorflow_pip_package(core_type="gpu", version="2.16.1")
    made.add_tensorflow_conda_package()

    assert (made.pip_packages, made.conda_packages) == (["tensorflow==2.16.1"], ["tensorflow"])


@pytest.mark.parametrize("call", [lambda made: made.add_cntk_package(), lambda made: made.sdk_origin_url()])
def test_what_is_gone_is_refused_with_the_way_out(call):
    with pytest.raises(InvalidEnvironment, match=r"onnxruntime|set_pip_index_url"):
        call(CondaDependencies())


def test_conditions_of_one_package_are_merged():
    merged = CondaDependencies.merge_requirements(["a>=1", "B", "a[x]<2"])

    assert merged == ["a[x]<2,>=1", "B"]


def test_what_is_no_requirement_is_named():
    with pytest.raises(InvalidEnvironment, match="'a b' is not a requirement"):
        CondaDependencies.merge_requirements(["a b"])


def test_a_saved_file_reads_the_same(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = CondaDependencies.create("https://a.example.com", ["numpy"], ["scipy=1"], "3.11")
    made.add_channel("conda-forge")

    assert made.save() == "conda_dependencies.yml"
    assert made.save(tmp_path) == str(tmp_path / "conda_dependencies.yml")
    assert made.save_to_file(tmp_path / "new", "deep/env.yml") == "deep/env.yml"

    assert CondaDependencies("conda_dependencies.yml") == made
    assert CondaDependencies(tmp_path / "new" / "deep" / "env.yml") == made
    assert yaml.safe_load(made.serialize_to_string()) == made.as_dict()


def test_a_wheel_must_be_named_as_one(tmp_path):
    with pytest.raises(InvalidEnvironment, match="is not named as a wheel is"):
        CondaDependencies().add_pip_package(str(tmp_path / "mine.whl"))


def test_names_are_compared_as_pip_does():
    assert {package_name(each) for each in ("Scikit_Learn>=1", "scikit.learn[x]", "c::scikit-learn=1")} == {
        "scikit-learn"
    }
