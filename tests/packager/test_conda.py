import pytest

from packager import InvalidEnvironment
from packager.conda import is_conda_only, pip_requirement, pip_requirements


@pytest.mark.parametrize(
    ("conda", "pip"),
    [
        ("numpy", "numpy"),
        ("numpy=1.26", "numpy==1.26.*"),
        ("numpy=1.26.*", "numpy==1.26.*"),
        ("numpy==1.26.4", "numpy==1.26.4"),
        ("numpy=1.26.4=py311h64a7726_0", "numpy==1.26.4"),
        ("numpy 1.26.4 py311h64a7726_0", "numpy==1.26.4"),
        ("numpy 1.26.*", "numpy==1.26.*"),
        ("numpy >=1.20, <2", "numpy>=1.20,<2"),
        ("numpy!=1.25", "numpy!=1.25"),
        ("numpy=*", "numpy"),
        ("conda-forge::scikit-learn=1.5", "scikit-learn==1.5.*"),
        ("pytorch=2.4", "torch==2.4.*"),
        ("tensorflow-gpu=2.16", "tensorflow==2.16.*"),
        ("ruamel_yaml", "ruamel.yaml"),
        ("librosa", "librosa"),
    ],
)
def test_conda_packages_in_pips_words(conda, pip):
    assert pip_requirement(conda) == pip


@pytest.mark.parametrize(
    "package", ["openmpi=4.1", "r-base", "libgomp", "cudatoolkit=11.8", "_libgcc_mutex", "cpuonly", "hdf5=1.14"]
)
def test_what_exists_for_conda_only_is_refused(package):
    with pytest.raises(InvalidEnvironment, match="cannot be installed with pip"):
        pip_requirement(package)


def test_alternatives_cannot_be_said():
    with pytest.raises(InvalidEnvironment, match=r"1\.2\|1\.3.*cannot be said in pip's words"):
        pip_requirement("numpy=1.2|1.3")


@pytest.mark.parametrize(
    ("conda", "pip"),
    [
        ("numpy[version='>=1.20,<2']", "numpy>=1.20,<2"),
        ('numpy[version=">=1.20,<2", build="*"]', "numpy>=1.20,<2"),
        ("numpy[channel=conda-forge, version=1.26.4]", "numpy==1.26.4"),
        ("numpy[version='=1.26']", "numpy==1.26.*"),
        ("numpy[version='1.26.*']", "numpy==1.26.*"),
        ("numpy[version=*]", "numpy"),
        ("conda-forge::pytorch=2.4[subdir=linux-64,build_number=1]", "torch==2.4.*"),
        ("numpy>=1.20[version='1.26']", "numpy==1.26"),
        ("dask[complete]", "dask"),
        ("dask[complete]>=2024.1", "dask>=2024.1"),
    ],
)
def test_brackets_keep_their_version(conda, pip):
    assert pip_requirement(conda) == pip


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("numpy[md5=0123]", "says 'md5', which pip cannot follow"),
        ("numpy[version='>=1.20', track_features=x]", "says 'track_features'"),
        ("numpy[version='1.2|1.3']", "cannot be said in pip's words"),
        ("numpy[version='>=1.20]", "cannot be said in pip's words"),
        ("numpy[version=>=1.20,<2]", "cannot be said in pip's words"),
        ("numpy=1.2.x", "cannot be said in pip's words"),
    ],
)
def test_brackets_that_pip_cannot_follow_are_refused(package, words):
    with pytest.raises(InvalidEnvironment, match=words):
        pip_requirement(package)


def test_every_package_that_cannot_be_had_is_named_at_once():
    with pytest.raises(InvalidEnvironment) as caught:
        pip_requirements(["numpy", "openmpi", "r-base"])

    assert "'openmpi'" in str(caught.value)
    assert "'r-base'" in str(caught.value)
    assert pip_requirements(["numpy", "scipy=1"]) == ["numpy", "scipy==1.*"]


def test_what_only_conda_has_is_known():
    assert is_conda_only("conda-forge::openmpi=4.1")
    assert is_conda_only("openmpi[version='4.1']")
    assert not is_conda_only("numpy=1.26")
