import bz2
import gzip
import logging
import pickle
import random
import zlib

import joblib
import pytest
import sklearn
from packaging.requirements import Requirement
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from packager import Environment, InferenceConfig, Model, package
from packager.builders.memory import MemoryBuilder
from packager.models import MemoryModelRegistry, pickles
from packager.models.contract import ModelDetails
from packager.models.pickles import sklearn_version, sklearn_warnings

MODEL = make_pipeline(StandardScaler(), Ridge()).fit([[1.0, 2.0], [2.0, 1.0]], [1, 2])


class Written:
    """Says of itself that another scikit-learn wrote it."""

    def __getstate__(self):
        return {"alpha": 0.1, "_sklearn_version": "1.1.3"}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "model.pkl"


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickle(file, protocol):
    file.write_bytes(pickle.dumps(MODEL, protocol=protocol))

    assert sklearn_version(file) == sklearn.__version__


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
def test_joblib(file, compress):
    joblib.dump(MODEL, file, compress=compress)

    assert sklearn_version(file) == sklearn.__version__


def test_the_version_is_that_of_the_file_and_nothing_is_loaded(file):
    class Dangerous(Written):
        def __reduce__(self):
            return pytest.fail, ("loaded",), self.__getstate__()

    file.write_bytes(pickle.dumps(Dangerous()))

    assert sklearn_version(file) == "1.1.3"


@pytest.mark.parametrize("size", [1, 7, 16, 17, 100, 1 << 20])
def test_the_version_is_found_wherever_pieces_end(file, size, monkeypatch):
    monkeypatch.setattr(pickles, "_CHUNK", size)
    file.write_bytes(pickle.dumps({"noise": random.Random(1).randbytes(500), "model": Written()}, protocol=4))

    assert sklearn_version(file) == "1.1.3"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"weights", b"_sklearn_version 1.2.3", pickle.dumps({"a": 1}), pickle.dumps({"_sklearn_version": None}),
        pickle.dumps(["_sklearn_version", "latest"]), gzip.compress(b"x", mtime=0)[:-8], bz2.compress(b"x")[:-8],
        zlib.compress(b"_sklearn_version" * 50), b"x\x9cnot deflated", b"\xfd7zXZ not really",
        b"\x80\x04_sklearn_version",
    ],
)  # fmt: skip
def test_what_is_no_model_of_scikit_learn(file, content):
    file.write_bytes(content)

    assert sklearn_version(file) is None


def warnings(file, *requirements: str) -> list[str]:
    version = MemoryModelRegistry().register("m", file, ModelDetails())
    return sklearn_warnings([version], [Requirement(each) for each in requirements])


@pytest.mark.parametrize("requirement", ["scikit-learn==1.1.3", "scikit_learn==1.1.*", "scikit-learn", "numpy==1.1.2"])
def test_a_version_that_fits_is_no_warning(file, requirement):
    file.write_bytes(pickle.dumps(Written()))

    assert warnings(file, requirement) == []


@pytest.mark.parametrize("requirement", ["scikit-learn==1.5.0", "Scikit_Learn>=1.2", "scikit-learn==1.0.*"])
def test_another_version_is_a_warning_with_both(file, requirement):
    file.write_bytes(pickle.dumps(Written()))

    (warning,) = warnings(file, "numpy", requirement)

    assert "Model m:1: model.pkl was written by scikit-learn 1.1.3" in warning
    assert f"the environment asks for {Requirement(requirement)}" in warning


def test_the_files_of_a_folder(tmp_path):
    (tmp_path / "net/deep").mkdir(parents=True)
    (tmp_path / "net/deep/a.pkl").write_bytes(pickle.dumps(Written()))
    (tmp_path / "net/readme").write_text("text")

    (warning,) = warnings(tmp_path / "net", "scikit-learn==1.5")

    assert "deep/a.pkl" in warning


def test_packaging_warns(file, source, tmp_path, caplog):
    file.write_bytes(pickle.dumps(Written()))
    environment = Environment("e")
    environment.python.conda_dependencies.add_pip_package("scikit-learn==1.5.0")
    config = InferenceConfig("score.py", source_directory=source, environment=environment)

    with caplog.at_level(logging.WARNING):
        made = package(None, [Model.register(None, file, "m")], config, generate_dockerfile=True)

    told = "m:1: model.pkl was written by scikit-learn 1.1.3, but the environment asks for scikit-learn==1.5.0"
    assert told in caplog.text
    assert told in str(made.get_logs())


def test_an_image_is_compared_with_its_lock(file, source, caplog):
    class Locking(MemoryBuilder):
        def lock(self, requirements, **_):
            return "scikit-learn==1.9.1 \\\n    --hash=sha256:0\n"

    file.write_bytes(pickle.dumps(Written()))
    config = InferenceConfig("score.py", source_directory=source, environment=Environment("names no version"))

    with caplog.at_level(logging.WARNING):
        package(None, [Model.register(None, file, "m")], config, image_name="m:1", builder=Locking())

    assert "written by scikit-learn 1.1.3, but the environment asks for scikit-learn==1.9.1" in caplog.text
