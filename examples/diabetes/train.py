"""Train the sample model: python train.py [FOLDER] leaves FOLDER/model.joblib."""

import argparse
from pathlib import Path

import joblib
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression


def train(folder: Path) -> Path:
    """Fit a linear regression on scikit-learn's diabetes data and return the path of the saved model."""
    features, target = load_diabetes(return_X_y=True)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.joblib"
    joblib.dump(LinearRegression().fit(features, target), path)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default=Path(), type=Path, help="where to put model.joblib")
    print(train(parser.parse_args().folder))
