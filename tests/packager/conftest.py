"""A scoring script, a model and an empty registry for every test of the packager."""

from pathlib import Path

import pytest

from packager import Environment, InferenceConfig

SCRIPT = "def init():\n    pass\n\n\ndef run(data):\n    return data\n"


@pytest.fixture(autouse=True)
def packager_home(tmp_path, monkeypatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("PACKAGER_HOME", str(home))
    # Real proofs start a host; tests/integration has them.
    monkeypatch.setenv("PACKAGER_PROVER", "memory")
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path / "cache"))
    for name in ("AML_APP_ROOT", "PACKAGER_REGISTRY"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def source(tmp_path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "score.py").write_text(SCRIPT)
    return folder


@pytest.fixture
def model_file(tmp_path) -> Path:
    file = tmp_path / "model.bin"
    file.write_bytes(b"weights")
    return file


@pytest.fixture
def environment() -> Environment:
    return Environment("test")


@pytest.fixture
def inference_config(source, environment) -> InferenceConfig:
    return InferenceConfig("score.py", source_directory=source, environment=environment)


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """A folder of wheels that stands for the package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    return folder
