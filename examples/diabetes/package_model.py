"""Package the sample model as an image with a blob trigger: train.py first, then python package_model.py."""

from packager import BLOB_TRIGGER, Environment, InferenceConfig, Model, package

env = Environment.from_pip_requirements("diabetes", "requirements.txt")
model = Model.register(model_path="model.joblib", model_name="diabetes")
image = package(
    None,
    [model],
    InferenceConfig(entry_script="score.py", environment=env),
    functions_enabled=True,
    trigger=BLOB_TRIGGER,
    input_path="input/{blobname}.json",
    output_path="output/{blobname}_out.json",
)
image.wait_for_creation(show_output=True)
print(image.location)
