import json
import shlex
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from packager import Environment, Model
from packager.cli.main import build_app
from packager.cli.package import next_steps


@pytest.fixture
def run(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0):
        full = ["package", "--entry-script", "score.py", "--source-directory", str(source), *arguments]
        result = CliRunner().invoke(build_app(), full)
        assert result.exit_code == code, result.output
        return result

    return run


def app() -> str:
    return Path("out/function_app.py").read_text()


def test_the_documented_command(run, model_file):
    result = run(
        *("--model-path", str(model_file), "--model-name", "diabetes"),
        *("--trigger", "http", "--trigger", "blob", "--auth-level", "anonymous"),
        *("--input-path", "input/{blobname}.json", "--output-path", "output/{blobname}_out.json"),
        *("--functions", "--context", "out"),
    )

    assert 'http={"auth_level": "anonymous"}' in app()
    assert 'blob={"input_path": "input/{blobname}.json"' in app()
    assert 'model_dir="azureml-models/diabetes/1"' in app()
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[0] == str(Path("out").absolute())
    assert "packager run out" in lines
    command = next(line for line in lines if "function_host" in line)
    assert command.startswith("env TriggerConnectionString=folder:")
    assert shlex.split(command)[3:] == [
        *(sys.executable, "-m", "function_host", "start"),
        *("--script-root", "out", "--port", "7071"),
    ]


def test_json_is_all_there_is_on_stdout(run):
    result = run("--trigger", "http", "--context", "out", "--json")

    answer = json.loads(result.stdout)
    assert answer["state"] == "Succeeded"
    assert answer["location"] == str(Path("out").absolute())
    assert answer["next"][-1] == "packager run out"


def test_a_web_service_with_a_registered_model(run, model_file):
    Model.register(model_path=model_file, model_name="m")
    Model.register(model_path=model_file, model_name="m")

    run("--model", "m:1", "--web-service", "--context", "out")

    assert "web_service_app" in app()
    assert 'model_dir="azureml-models/m/1"' in app()

    run("--model", "m", "--context", "out")

    assert 'model_dir="azureml-models/m/2"' in app()


@pytest.mark.parametrize(("flag", "text"), [("--requirements", "scipy\n"), ("--conda-file", "dependencies: [scipy]")])
def test_requirements_and_conda_files(run, tmp_path, flag, text):
    (tmp_path / "packages").write_text(text)

    run(flag, "packages", "--context", "out")

    assert "scipy" in Path("out/requirements.txt").read_text().splitlines()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--context OUT_DIR, --image NAME"),
        (("--context", "out", "--publish-to", "localhost"), "--publish-to needs --image"),
        (("--context", "out", "--requirements", "a", "--conda-file", "b"), "exclude each other"),
        (("--context", "out", "--model-name", "m"), "--model-name names the one model"),
        (("--context", "out", "--functions"), "--functions needs a --trigger"),
        (("--context", "out", "--trigger", "http", "--option", "x"), "is not of the form"),
        (("--contxt", "out"), "No such option"),
    ],
)
def test_usage_errors_end_with_2(run, arguments, words):
    assert words in " ".join(run(*arguments, code=2).stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--trigger", "htpp"), "did you mean 'http'"),
        (("--trigger", "http", "--option", "http.rout=x"), "did you mean 'route'"),
        (("--trigger", "http", "--auth-level", "x"), "auth_level 'x'"),
        (("--model-path", "nowhere.bin"), "'nowhere.bin' is neither"),
        (("--model", "m"), "no model 'm'"),
        (("--requirements", "none.txt"), "none.txt cannot be read"),
        (("--entry-script", "other.py"), "'other.py' is not a file"),
    ],
)
def test_validation_errors_end_with_3_and_leave_nothing(run, tmp_path, arguments, words):
    before = sorted(tmp_path.rglob("*"))

    result = run(*arguments, "--context", "out", code=3)

    assert words in result.stderr
    assert result.stdout == ""
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_is_not_ours_ends_with_3(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("")

    assert "not made by the packager" in run("--context", "out", code=3).stderr


def test_a_broken_script_ends_with_5_and_its_own_traceback_comes_first(run, source):
    (source / "score.py").write_text("def init(:\n")

    result = run("--context", "out", code=5)

    assert result.stderr.startswith(f'  File "{source / "score.py"}", line 1')
    assert result.stderr.splitlines()[-1].endswith("correct line 1 and package again.")
    assert not Path("out").exists()


def test_without_an_engine_it_ends_with_6(run, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")

    assert "Start Docker" in run("--image", "m", "--builder", "docker", code=6).stderr


def test_next_steps_of_an_image():
    commands = next_steps(None, {"TriggerConnectionString": "a storage account"}, image="m:1")

    assert len(commands) == 1
    assert commands[0].startswith("docker run --rm ")
    assert "-e TriggerConnectionString " in commands[0]
    assert commands[0].endswith(" m:1")


def test_next_steps_of_a_folder_are_safe_to_paste():
    host, run = next_steps(Path("/a b/app"), {"Odd$Name": "an account"}, image=None)

    assert shlex.split(host)[:3] == [
        "env", "Odd$Name=folder:/a b/app.run/storage", "FUNCTIONS_SECRETS_PATH=/a b/app.run/keys",
    ]  # fmt: skip
    assert shlex.split(run) == ["packager", "run", "/a b/app"]


def test_next_steps_start_what_must_run_beside_it():
    (command,) = next_steps(Path("app"), {"Bus": "a bus"}, image=None, emulators=["service-bus"])

    assert shlex.split(command) == ["packager", "run", "app", "--service-bus"]


def test_models_of_another_registry(run, model_file, tmp_path):
    Model.register(tmp_path / "r", model_file, "m")
    given = ("--trigger", "http", "--model", "m", "--context", "out")

    run(*given, "--registry", str(tmp_path / "r"))

    assert Path("out/azureml-models/m/1/model.bin").read_bytes() == b"weights"
    assert "no model 'm'" in run(*given, code=3).stderr


def test_a_lock_is_for_a_platform_that_is_known(run):
    result = run("--context", "out", "--lock", "linux/s390x", code=3)

    assert "The platform 'linux/s390x' is not one of linux/aarch64, linux/amd64" in result.output
    assert not Path("out").exists()


def test_a_registered_environment(run, tmp_path):
    made = Environment("mine")
    made.python.conda_dependencies.add_pip_package("numpy==1.26.4")
    made.register()

    run("--context", "out", "--environment", "mine:1")

    assert "numpy==1.26.4" in Path("out/requirements.txt").read_text().splitlines()
    output = run("--context", "out", "--environment", "mine", "--requirements", "r.txt", code=2).output
    assert "--environment stands alone" in output


def test_a_sample_and_a_proof(run, tmp_path):
    (tmp_path / "in.json").write_text("[1]")
    (tmp_path / "out.json").write_text("[2]")

    result = run(
        *("--trigger", "http", "--context", "out", "--json", "--target", "kubernetes"),
        *("--sample-input", "in.json", "--sample-output", "out.json"),
    )

    assert Path("out/sample_input.json").read_text() == "[1]"
    assert Path("out/sample_output.json").read_text() == "[2]"
    assert json.loads(result.stdout)["proof"]["state"] == "succeeded"
    assert "--sample-input" not in run("--context", "out", "--sample-input", "none.json", code=3).stdout


def test_without_a_proof(run):
    result = run("--trigger", "http", "--context", "out", "--json", "--no-proof")

    assert json.loads(result.stdout)["proof"] is None
    assert json.loads(Path("out/packager.json").read_text())["proof"] == "skipped"


def test_an_unknown_prover_is_named(run, monkeypatch):
    monkeypatch.setenv("PACKAGER_PROVER", "nobody")

    assert "no prover 'nobody'" in run("--context", "out", code=3).stderr
    assert not Path("out").exists()
