"""Answer {"data": [[10 features], ...]} with one prediction a row."""

# ruff: noqa: PLW0603, PTH118 - scripts of the retired SDK look like this

import json
import os

import joblib
import numpy as np


def init():
    global model
    model = joblib.load(os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model.joblib"))


def run(raw_data):
    data = np.array(json.loads(raw_data)["data"])
    return model.predict(data).tolist()
