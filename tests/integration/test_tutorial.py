"""The tutorial's whole way: train on digits, register, package, run, score the test set through one request."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import train_test_split

from infra import invoke, run
from packager import (
    CondaDependencies,
    Environment,
    HttpTrigger,
    InferenceConfig,
    LocalModelRegistry,
    Model,
    package,
)

SCORE = """
import json
import numpy as np
import joblib
from azureml.core.model import Model

def init():
    global model
    model = joblib.load(Model.get_model_path('sklearn_digits'))

def run(raw_data):
    data = np.array(json.loads(raw_data)['data'])
    return model.predict(data).tolist()
"""


@dataclass(frozen=True, kw_only=True)
class Tutorial:
    app: Path
    features: np.ndarray
    target: np.ndarray
    predicted: np.ndarray


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory) -> Tutorial:
    """The packaged app alone: script, model and registry are deleted before it runs."""
    folder = tmp_path_factory.mktemp("tutorial")
    features, target = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(features, target, test_size=0.3, random_state=42)
    model = LogisticRegression(C=0.01, max_iter=2000, random_state=42).fit(train_x, train_y)
    workshop = folder / "workshop"
    (workshop / "source").mkdir(parents=True)
    (workshop / "source" / "score.py").write_text(SCORE)
    joblib.dump(model, workshop / "sklearn_digits_model.pkl")
    registered = Model.register(
        LocalModelRegistry(workshop / "registry"), str(workshop / "sklearn_digits_model.pkl"), "sklearn_digits"
    )
    environment = Environment("tutorial")
    environment.python.conda_dependencies = CondaDependencies.create(
        conda_packages=["scikit-learn", "joblib"], pip_packages=["azureml-defaults"]
    )
    config = InferenceConfig("score.py", source_directory=str(workshop / "source"), environment=environment)
    triggers = [HttpTrigger(auth_level="anonymous")]
    package(None, [registered], config, generate_dockerfile=True, triggers=triggers, context=folder / "app")
    shutil.rmtree(workshop)
    return Tutorial(app=folder / "app", features=test_x, target=test_y, predicted=model.predict(test_x))


def test_the_whole_test_set_through_one_request(tutorial):
    body = json.dumps({"data": tutorial.features.tolist()}).encode()

    with run(tutorial.app) as running:
        answer = json.loads(invoke(running.details, body, trigger="http").body)

    assert len(answer) == len(tutorial.target) == 540
    assert (confusion_matrix(tutorial.target, answer) == confusion_matrix(tutorial.target, tutorial.predicted)).all()
    accuracy = accuracy_score(tutorial.target, answer)
    assert accuracy == accuracy_score(tutorial.target, tutorial.predicted)
    assert accuracy > 0.9


def test_nothing_of_where_it_was_made_is_left_in_it(tutorial):
    made_at = str(tutorial.app.parent / "workshop").encode()

    assert [path for path in tutorial.app.rglob("*") if path.is_file() and made_at in path.read_bytes()] == []
