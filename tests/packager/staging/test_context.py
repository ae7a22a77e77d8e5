import hashlib
import json
import os
import re
import tarfile
from pathlib import Path

import pytest

from packager import InferenceConfig, StagingError
from packager.request import check_request
from packager.staging import context as context_module
from packager.staging.context import is_context, model_folder, stage


@pytest.fixture
def request_for(inference_config, model_file):
    def request_for(models=None, triggers=None, config=None):
        chosen = [model_file] if models is None else models
        return check_request(chosen, config or inference_config, {"http": {}} if triggers is None else triggers)

    return request_for


def digest(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_layout(request_for, tmp_path):
    staged = stage(request_for(), tmp_path / "out")

    assert sorted(path.name for path in staged.folder.iterdir()) == [
        ".dockerignore",
        ".python_packages",
        "Dockerfile",
        "azureml-app",
        "azureml-models",
        "function_app.py",
        "host.json",
        "local.settings.json",
        "packager.json",
        "requirements.txt",
    ]
    assert (staged.folder / "azureml-app" / "score.py").is_file()
    assert (staged.folder / "azureml-models" / "model" / "1" / "model.bin").read_bytes() == b"weights"
    assert 'model_dir="azureml-models/model/1"' in (staged.folder / "function_app.py").read_text()
    recipe = staged.recipe
    assert (recipe.base_image, recipe.python_version, recipe.has_models) == ("python:3.11-slim", "3.11", True)


def test_the_same_request_gives_the_same_bytes(request_for, tmp_path, environment):
    environment.environment_variables = {"B": "2", "A": "1"}
    environment.python.conda_dependencies.pip_packages = ["scipy", "numpy"]
    first = digest(stage(request_for(), tmp_path / "one").folder)
    old = os.umask(0o077)
    try:
        second = digest(stage(request_for(), tmp_path / "two").folder)
    finally:
        os.umask(old)

    assert first == second
    assert all(entry.startswith("100644 ") for entry in first.values())


def test_app_settings_hold_the_environments_variables(request_for, tmp_path, environment):
    environment.environment_variables = {"LEVEL": "debug"}

    settings = json.loads((stage(request_for(), tmp_path / "out").folder / "local.settings.json").read_text())

    package = settings["Values"].pop("FUNCTIONS_PACKAGE_DIGEST")
    assert re.fullmatch("sha256:[0-9a-f]{64}", package)
    assert re.fullmatch("model-[0-9a-f]{8}", settings["Values"].pop("AzureFunctionsWebHost__hostid"))
    values = {"FUNCTIONS_WORKER_RUNTIME": "python", "LEVEL": "debug"}
    assert settings == {"IsEncrypted": False, "Values": values}


def test_another_script_is_another_package(request_for, tmp_path):
    def package(name: str) -> str:
        return stage(request_for(), tmp_path / name).recipe.variables["FUNCTIONS_PACKAGE_DIGEST"]

    request = request_for()
    before = package("one")
    assert package("two") == before
    script = request.source_directory / request.entry_script
    script.write_text(f"{script.read_text()}\n# another one\n")
    assert package("three") != before


def test_several_models_or_none_share_the_models_folder(request_for, tmp_path, model_file):
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "w.bin").write_bytes(b"1")
    several = stage(request_for([model_file, tmp_path / "net"]), tmp_path / "several")
    none = stage(request_for([]), tmp_path / "none")

    assert (several.folder / "azureml-models" / "net" / "1" / "net" / "w.bin").is_file()
    assert 'model_dir="azureml-models"' in (several.folder / "function_app.py").read_text()
    assert not (none.folder / "azureml-models").exists()
    assert model_folder(()) == "azureml-models"
    assert "azureml-models/" not in (none.folder / "Dockerfile").read_text()


def test_a_web_service(request_for, tmp_path):
    staged = stage(request_for(triggers={}), tmp_path / "out")

    assert "web_service_app" in (staged.folder / "function_app.py").read_text()
    assert '"routePrefix": ""' in (staged.folder / "host.json").read_text()
    assert staged.recipe.variables["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"] == "2147483647"


def test_models_are_staged_with_their_digests(request_for, tmp_path):
    staged = stage(request_for(), tmp_path / "out")

    record = (staged.folder / "azureml-models" / "model" / "1.sha256").read_text()
    assert record == f"{hashlib.sha256(b'weights').hexdigest()}  1/model.bin\n"


def test_an_earlier_context_is_replaced(request_for, tmp_path, source):
    stage(request_for(), tmp_path / "out")
    (source / "new.py").write_text("")
    (source / "score.py").write_text("def init(): ...\ndef run(x): ...\n")

    staged = stage(request_for(models=[]), tmp_path / "out")

    assert (staged.folder / "azureml-app" / "new.py").is_file()
    assert not (staged.folder / "azureml-models").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.bin", "out", "source"]


def test_an_empty_folder_is_filled(request_for, tmp_path):
    (tmp_path / "out").mkdir()

    assert is_context(stage(request_for(), tmp_path / "out").folder)


def test_somebody_elses_folder_is_refused(request_for, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")

    with pytest.raises(StagingError, match="is not empty and was not made by the packager"):
        stage(request_for(), tmp_path / "out")

    assert (tmp_path / "out" / "thesis.txt").read_text() == "years of work"


def test_a_file_in_the_way_is_refused(request_for, tmp_path):
    (tmp_path / "out").write_text("")

    with pytest.raises(StagingError, match="not a directory"):
        stage(request_for(), tmp_path / "out")


def test_the_output_may_lie_in_the_source_directory(request_for, source):
    for _ in range(2):
        staged = stage(request_for(), source / "build" / "app")

        assert sorted(path.name for path in (staged.folder / "azureml-app").iterdir()) == ["build", "score.py"]
        assert [*(staged.folder / "azureml-app" / "build").iterdir()] == []


def test_an_output_that_would_swallow_its_input_is_refused(request_for, source, tmp_path, environment):
    staged = stage(request_for(), tmp_path / "out")
    config = InferenceConfig("score.py", source_directory=staged.folder / "azureml-app", environment=environment)

    with pytest.raises(StagingError, match="which goes into it"):
        stage(request_for(config=config), tmp_path / "out")
    with pytest.raises(StagingError, match="which goes into it"):
        stage(request_for(), source)


def test_a_failure_leaves_the_earlier_context_and_nothing_else(request_for, tmp_path, source):
    before = digest(stage(request_for(), tmp_path / "out").folder)
    (source / "broken").symlink_to(tmp_path / "nowhere")

    with pytest.raises(StagingError, match="broken link"):
        stage(request_for(), tmp_path / "out")

    assert digest(tmp_path / "out") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.bin", "out", "source"]


def test_a_folder_that_cannot_be_moved_stays_where_it_was(request_for, tmp_path):
    target = stage(request_for(), tmp_path / "out").folder

    with pytest.raises(OSError, match="nowhere"):
        context_module._put_in_place(tmp_path / "nowhere", target)

    assert is_context(target)


def test_what_stages_is_not_read_from_the_original_later(request_for, tmp_path, source, model_file):
    staged = stage(request_for(), tmp_path / "out")
    model_file.unlink()
    (source / "score.py").unlink()

    assert (staged.folder / "azureml-models" / "model" / "1" / "model.bin").read_bytes() == b"weights"
    assert (staged.folder / "azureml-app" / "score.py").read_text()


def test_what_packager_and_runs_wrote_never_goes_into_a_package(request_for, tmp_path):
    request = request_for()
    source = request.source_directory
    stage(request, source / "build" / "app")
    for kind in ("keys", "storage/input"):
        (source / "build" / "app.run" / kind).mkdir(parents=True)
    (source / "build" / "app.run" / "keys" / "host.json").write_text("secret")
    (source / "old.run").mkdir()
    (source / "old.run" / "host.log").write_text("")

    for folder, name in (("my-keys", "host.json"), ("store/azure-webjobs-secrets/h", "f.json")):
        (source / folder).mkdir(parents=True)
        (source / folder / name).write_text('{"masterKey": {"value": "secret"}}')
    (source / "app").mkdir()
    (source / "app" / "host.json").write_text('{"version": "2.0"}')

    again = stage(request, source / "build" / "app").folder
    elsewhere = stage(request, tmp_path / "elsewhere").folder

    for folder in (again, elsewhere):
        assert not [path for path in folder.rglob("*") if ".run" in path.name or "secret" in path.name]
        assert not (folder / "azureml-app" / "my-keys").exists()
        assert (folder / "azureml-app" / "app" / "host.json").exists()
        assert len(list(folder.rglob("function_app.py"))) == 1


def test_an_output_folder_that_cannot_be_made_is_named(request_for):
    with pytest.raises(StagingError, match="/proc/x/out cannot be made"):
        stage(request_for(), Path("/proc/x/out"))


def test_an_image_beside_the_script_stays_out_of_the_next_one(inference_config, source, tmp_path):
    with tarfile.open(source / "image.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("oci-layout"))
    with tarfile.open(source / "data.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("data"))

    folder = stage(check_request([], inference_config, {}), tmp_path / "out").folder

    assert (folder / "azureml-app" / "data.tar").is_file()
    assert not (folder / "azureml-app" / "image.tar").exists()
