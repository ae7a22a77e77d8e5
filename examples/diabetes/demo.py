"""The whole way once: train, package, run, ask by HTTP, ask by blob, compare both answers with the model's own."""

import json
import shutil
import sys
import time
from pathlib import Path

import joblib
import numpy as np
from train import train

from infra import Answer, RunningApp, curl_line, invoke, run
from packager import Environment, InferenceConfig, LocalModelRegistry, Model, package

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "build" / "demo"
BODY = {"data": [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]]}


def main() -> int:
    begun = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    print("1. Train a model")
    model_file = train(FOLDER / "trained")
    print(f"   {model_file}\n")

    print("2. Package it with score.py, fired by HTTP and by blobs")
    app = package_app(model_file)
    print(f"   {app}\n")

    print("3. Run the package; a local folder is its storage account")
    with run(app) as running:
        print(f"   {running.details.url}\n")
        right = ask(running, joblib.load(model_file).predict(np.array(BODY["data"])))
    print("6. Stopped.")
    print(f"   {'Both answers are right.' if right else 'An answer is WRONG.'} {time.monotonic() - begun:.1f} seconds.")
    return 0 if right else 1


def package_app(model_file: Path) -> Path:
    model = Model.register(
        workspace=LocalModelRegistry(FOLDER / "models"), model_path=model_file, model_name="diabetes"
    )
    environment = Environment.from_pip_requirements("diabetes", HERE / "requirements.txt")
    package(
        None,
        [model],
        InferenceConfig(entry_script="score.py", source_directory=HERE, environment=environment),
        generate_dockerfile=True,
        functions_enabled=True,
        triggers={
            "http": {},
            "blob": {"input_path": "input/{blobname}.json", "output_path": "output/{blobname}_out.json"},
        },
        context=FOLDER / "app",
    )
    return FOLDER / "app"


def ask(running: RunningApp, expected: np.ndarray) -> bool:
    details = running.details
    body = json.dumps(BODY)

    print("4. Ask by HTTP")
    http = invoke(details, body.encode(), trigger="http")
    print(f"   url     {http.sent_to}")
    print(f"   key     {details.key}")
    print(f"   {curl_line(details, details.triggered_by('httpTrigger')[0], body)}")
    first = check(http, expected)

    print("5. Ask by dropping a blob")
    blob = invoke(details, body.encode(), trigger="blob")
    print(f"   drop    {blob.sent_to}")
    print(f"   answer  {blob.found_at}")
    return check(blob, expected) and first


def check(answer: Answer, expected: np.ndarray) -> bool:
    """Show the answer; True when it is what the model itself predicts."""
    right = np.allclose(json.loads(answer.body), expected, rtol=1e-12)
    verdict = "as model.predict says" if right else f"but model.predict says {expected.tolist()}"
    print(f"   {answer.body.decode()}  {verdict}, after {answer.seconds * 1000:.0f} ms\n")
    return bool(right)


if __name__ == "__main__":
    sys.exit(main())
