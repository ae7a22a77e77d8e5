"""What BentoML and MLflow make of the same model: their own Dockerfiles, on a base image that is at hand."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from infra.config import cache_folder

BENTOML, MLFLOW = "1.4.39", "3.17.2"
_BUNDLE = "ca.pem"
_PINNED = ("scikit-learn", "numpy", "joblib")

_SERVICE = """
from pathlib import Path

import bentoml
import joblib
import numpy as np


@bentoml.service
class Diabetes:
    def __init__(self):
        self.model = joblib.load(Path(__file__).with_name("model.joblib"))

    @bentoml.api
    def predict(self, data: list[list[float]]) -> list[float]:
        return self.model.predict(np.array(data)).tolist()
"""
_BENTOFILE = """service: "service:Diabetes"
include: ["service.py", "model.joblib"]
python:
  packages: [{packages}]
"""
_SAVE = "import joblib, mlflow, sys; mlflow.sklearn.save_model(joblib.load(sys.argv[1]), sys.argv[2])"


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A build context, and how its container is asked."""

    name: str
    context: Path
    script: Path | None
    """The file that stands for score.py; None where there is none."""
    model: Path
    port: int
    route: str
    body: str
    command: Sequence[str] | None = None


def prepared(folder: Path, model: Path, base: str) -> list[Peer]:
    """The peers' contexts below `folder`; their builds need the network of the machine."""
    return [_bentoml(folder, model, base), _mlflow(folder, model, base)]


def _bentoml(folder: Path, model: Path, base: str) -> Peer:
    python = _environment("bentoml", BENTOML)
    project = folder / "bentoml-project"
    project.mkdir()
    (project / "service.py").write_text(_SERVICE)
    shutil.copy(model, project / "model.joblib")
    (project / "bentofile.yaml").write_text(_BENTOFILE.format(packages=", ".join(f'"{each}"' for each in _pins())))
    home = folder / "bentoml-home"
    settings = {**os.environ, "BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "True"}
    _quietly([str(python.with_name("bentoml")), "build"], settings, project)
    (context,) = (each for each in (home / "bentos" / "diabetes").iterdir() if each.is_dir())
    _on_local_base(context / "env" / "docker" / "Dockerfile", context, base)
    source = context / "src"
    return Peer(
        name="BentoML",
        context=context,
        script=source / "service.py",
        model=source / "model.joblib",
        port=3000,
        route="/predict",
        body='{"data": [[1,2,3,4,5,6,7,8,9,10]]}',
        command=["serve"],
    )


def _mlflow(folder: Path, model: Path, base: str) -> Peer:
    python = _environment("mlflow", MLFLOW)
    saved, context = folder / "mlflow-model", folder / "mlflow-context"
    settings = {**os.environ, "MLFLOW_TRACKING_URI": (folder / "mlruns").as_uri(), "MLFLOW_DISABLE_TELEMETRY": "true"}
    _quietly([str(python), "-c", _SAVE, str(model), str(saved)], settings, folder)
    generate = ["models", "generate-dockerfile", "--model-uri", str(saved), "--output-directory", str(context)]
    _quietly([str(python.with_name("mlflow")), *generate, "--env-manager", "local"], settings, folder)
    _on_local_base(context / "Dockerfile", context, base)
    (packed,) = context.glob("model_dir/*/model.*")
    return Peer(
        name="MLflow",
        context=context,
        script=None,
        model=packed,
        port=8080,
        route="/invocations",
        body='{"inputs": [[1,2,3,4,5,6,7,8,9,10]]}',
    )


def _quietly(command: list[str], settings: dict[str, str], folder: Path) -> None:
    subprocess.run(command, env=settings, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _on_local_base(dockerfile: Path, context: Path, base: str) -> None:
    """Put `base` in the place of the official Python image, and let it trust the certificates of this machine."""
    settings = "PIP_BREAK_SYSTEM_PACKAGES=1"
    copied = ""
    if bundle := os.environ.get("SSL_CERT_FILE"):
        shutil.copy(bundle, context / _BUNDLE)
        copied = f"COPY {_BUNDLE} /{_BUNDLE}\n"
        settings += f" SSL_CERT_FILE=/{_BUNDLE} PIP_CERT=/{_BUNDLE} REQUESTS_CA_BUNDLE=/{_BUNDLE}"
    text = re.sub(r"^# syntax.*\n", "", dockerfile.read_text(), flags=re.MULTILINE)
    changed = re.sub(r"^FROM \S+(.*)$", rf"FROM {base}\1\n{copied}ENV {settings}", text, count=1, flags=re.MULTILINE)
    (context / "Dockerfile").write_text(changed)


def _environment(name: str, wanted: str) -> Path:
    """The interpreter of the peer's own environment in the cache folder; made on first use (about a minute)."""
    home = cache_folder() / f"{name}-{wanted}-{'-'.join(version(each) for each in _PINNED)}"
    interpreter = home / "bin" / "python"
    if not (home / ".complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        install = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, f"{name}=={wanted}", *_pins()], check=True)
        (home / ".complete").touch()
    return interpreter


def _pins() -> list[str]:
    return [f"{name}=={version(name)}" for name in _PINNED]
