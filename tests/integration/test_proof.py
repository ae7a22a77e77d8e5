"""Packages are proved by real hosts: every trigger, samples of every origin, scripts that fail, places that differ."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra import prove, run
from infra.errors import InvalidRunRequest
from packager import Environment, InferenceConfig, Limits, Model, ProofFailed, package
from packager.models import LocalModelRegistry
from tests.support.processes import has_ended

ADDS_UP = """
import json
from pathlib import Path


def init():
    {init}


def run(raw_data):
    {run}
    return {{"sum": sum(json.loads(raw_data).get("data", []))}}
"""
DECORATED = """
import numpy as np
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.schema_decorators import input_schema


def init():
    pass


@input_schema("data", NumpyParameterType(np.array([[1.0, 2.0]])))
def run(data):
    return float(data.sum())
"""
ALL = {
    "http": {},
    "blob": {},
    "storage_queue": {},
    "timer": {},
    "event_grid": {},
    "service_bus_queue": {"input_queue_name": "in", "output_queue_name": "out"},
}
SAMPLE = {"data": [1, 2.5]}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKAGER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PACKAGER_PROVER", raising=False)


@pytest.fixture
def config(tmp_path: Path):
    def config(script: str = "", **lines: str) -> InferenceConfig:
        source = tmp_path / "source"
        source.mkdir(exist_ok=True)
        text = script or ADDS_UP.format(**{"init": "pass", "run": "pass", **lines})
        (source / "score.py").write_text(text)
        return InferenceConfig("score.py", source_directory=source, environment=Environment("proved"))

    return config


def staged(config: InferenceConfig, folder: Path, **more: object):
    given = {"triggers": {"http": {}, "blob": {}}, **more}
    return package(None, given.pop("models", []), config, generate_dockerfile=True, context=folder / "app", **given)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.service_bus
def test_every_trigger_answers_the_sample(config, tmp_path: Path) -> None:
    made = staged(config(), tmp_path, triggers=ALL, sample_input=SAMPLE, sample_output={"sum": 3.5})

    tried = {each.trigger: each for each in made.proof.tried if each.function != "swagger"}
    assert tried.keys() == ALL.keys()
    assert {each.state for each in tried.values()} == {"answered"}
    with_answers = ("http", "blob", "storage_queue", "service_bus_queue")
    assert {json.dumps(json.loads(tried[name].answer)) for name in with_answers} == {'{"sum": 3.5}'}
    assert made.proof.state == "succeeded"
    assert made.proof.warnings == ()
    seen = made.proof.measured
    assert None not in (seen.import_seconds, seen.init_seconds, seen.start_seconds, seen.item_seconds)
    assert seen.peak_memory > 10_000_000


async def test_a_package_is_made_in_a_notebook_where_a_loop_runs(config, tmp_path: Path) -> None:
    made = staged(config(), tmp_path, triggers={"blob": {}, "storage_queue": {}}, sample_input=SAMPLE)

    assert made.proof.state == "succeeded"


def test_a_web_service_is_proved_at_score(config, tmp_path: Path) -> None:
    made = staged(config(), tmp_path, triggers=None, sample_input=SAMPLE)

    (tried,) = made.proof.tried
    assert (tried.trigger, tried.answer) == ("web_service", b'{"sum": 3.5}')


def test_the_sample_of_the_registration_is_sent(config, tmp_path: Path) -> None:
    (tmp_path / "model").write_text("weights")
    model = Model.register(LocalModelRegistry(), tmp_path / "model", "m", sample_input_dataset={"data": [7]})

    made = staged(config(), tmp_path, models=[model])

    assert made.proof.tried[0].answer == b'{"sum": 7}'


def test_the_sample_of_the_decorators_is_sent(config, tmp_path: Path) -> None:
    made = staged(config(DECORATED), tmp_path, triggers={"blob": {}, "storage_queue": {}})

    assert [each.answer for each in made.proof.tried] == [b"3.0", b"3.0"]
    assert not list((tmp_path / "app").glob("sample_*"))


def test_without_a_sample_init_runs_and_the_rest_is_told(config, tmp_path: Path) -> None:
    made = staged(config(), tmp_path)

    assert made.proof.state == "incomplete"
    assert "score_blob (blob), score_http (http) are not proved: There is no sample" in made.get_logs()
    assert made.proof.measured.init_seconds is not None
    assert json.loads((tmp_path / "app" / "packager.json").read_text())["proof"] == "incomplete"


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ({"init": "raise RuntimeError('no model today')"}, "RuntimeError: no model today"),
        ({"run": "raw_data = json.loads(raw_data)['nothing']"}, "KeyError: 'nothing'"),
        ({"init": "import nowhere"}, "ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
def test_a_script_that_fails_is_told_in_its_own_words(config, tmp_path: Path, lines, error: str) -> None:
    given = config(**lines)

    with pytest.raises(ProofFailed) as caught:
        staged(given, tmp_path, sample_input=SAMPLE)

    first, second, *rest = str(caught.value).splitlines()
    assert first == "Traceback (most recent call last):"
    assert second.startswith(f'  File "{tmp_path / "source" / "score.py"}", line ')
    assert error in rest
    assert not (tmp_path / "app").exists()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ({"run": "__import__('os')._exit(3)"}, "ended with exit code 3 while it was asked: {script} ended it in run()"),
        ({"init": "__import__('os')._exit(0)"}, "ended with exit code 0 and did not say why: {script} ended it while"),
    ],
)
def test_a_script_that_ends_its_host_is_told(config, tmp_path: Path, lines, words: str) -> None:
    given = config(**lines)

    with pytest.raises(ProofFailed) as caught:
        staged(given, tmp_path, sample_input=SAMPLE)

    assert words.format(script=tmp_path / "source" / "score.py") in str(caught.value)
    assert "does the app run?" not in str(caught.value)


def test_a_script_may_write_into_its_models_while_it_is_proved(config, tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_text("weights")
    model = "Path(__import__('os').environ['AZUREML_MODEL_DIR'], {!r}).open('a').write('more')"
    given = config(init=model.format("m.bin"), run=model.format("cache.bin"))

    staged(given, tmp_path, models=[tmp_path / "m.bin"], sample_input=SAMPLE)

    models = contents(tmp_path / "app" / "azureml-models")
    assert models.keys() == {"m/1/m.bin", "m/1.sha256"}
    assert models["m/1/m.bin"] == b"weights"


def test_what_a_script_started_ends_with_the_proof(config, tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    started = f"Path({str(noted)!r}).write_text(str(__import__('subprocess').Popen(['sleep', '777']).pid))"

    staged(config(init=started), tmp_path, sample_input=SAMPLE)

    assert has_ended(int(noted.read_text()))


def test_an_answer_that_is_no_json_is_warned_of(config, tmp_path: Path) -> None:
    made = staged(config(run="return float('nan')"), tmp_path, sample_input=SAMPLE)

    assert "score_blob (blob), score_http (http) answered with NaN or Infinity" in made.proof.warnings[0]


def test_a_trigger_that_is_not_there_is_refused_with_the_apps_own_name(config, tmp_path: Path) -> None:
    staged(config(), tmp_path, proof=False)

    with pytest.raises(InvalidRunRequest, match=f"No function of {tmp_path / 'app'} has the trigger nope"):
        prove(tmp_path / "app", triggers=["nope"])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_packaging_that_is_told_to_end_leaves_nothing(config, tmp_path: Path, number: int, code: int) -> None:
    noted, scratch = tmp_path / "pid", tmp_path / "scratch"
    scratch.mkdir()
    given = config(
        run=f"Path({str(noted)!r}).write_text(str(__import__('os').getpid())); __import__('time').sleep(600)"
    )
    (given.source_directory / "sample_input.json").write_text("{}")
    command = [sys.executable, "-m", "packager", "package", "--entry-script", "score.py", "--trigger", "http"]
    command += ["--source-directory", str(given.source_directory), "--context", str(tmp_path / "out" / "app")]

    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(scratch)}, stderr=subprocess.PIPE) as process:
        while not noted.exists() or not noted.read_text():
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        process.send_signal(number)
        assert process.wait(30) == code

    assert has_ended(int(noted.read_text()))
    assert [*scratch.iterdir(), *(tmp_path / "out").iterdir()] == []


def test_nothing_is_written_into_the_package_or_the_users_accounts(config, tmp_path: Path, monkeypatch) -> None:
    account = tmp_path / "production"
    account.mkdir()
    for name in ("TriggerConnectionString", "AzureWebJobsTriggerConnectionString", "AzureWebJobsStorage"):
        monkeypatch.setenv(name, f"folder:{account}")
    given = config(run="Path(__file__).with_name('left.txt').write_text('x'); Path('here.txt').write_text('x')")
    monkeypatch.chdir(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}

    staged(given, tmp_path, sample_input=SAMPLE)
    after_packaging = contents(tmp_path / "app")
    prove(tmp_path / "app")

    assert contents(tmp_path / "app") == after_packaging
    assert not [name for name in after_packaging if "left.txt" in name or "__pycache__" in name]
    assert [*account.iterdir()] == []
    assert {path.name for path in tmp_path.iterdir()} - before == {"app"}


def test_a_limit_that_the_sample_runs_into(config, tmp_path: Path) -> None:
    with pytest.raises(ProofFailed, match="MiB of memory; the target has 1 MiB"):
        staged(config(), tmp_path, sample_input=SAMPLE, target=Limits(memory=1 << 20))


def test_an_app_that_runs_is_asked_where_it_is(config, tmp_path: Path) -> None:
    staged(config(), tmp_path, sample_input=SAMPLE, proof=False)

    with run(tmp_path / "app") as running:
        proof = prove(running.details, triggers=["blob"])

    (tried,) = proof.tried
    assert Path(tried.found_at).read_bytes() == tried.answer == b'{"sum": 3.5}'


@pytest.mark.parametrize(("lines", "code"), [({}, 0), ({"run": "raise ValueError(raw_data)"}, 5)])
def test_packager_test(config, tmp_path: Path, lines, code: int) -> None:
    staged(config(**lines), tmp_path, proof=False)
    (tmp_path / "request.json").write_text(json.dumps(SAMPLE))
    command = [sys.executable, "-m", "packager", "test", str(tmp_path / "app"), "--sample", "request.json"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == code, done.stderr
    if code:
        assert done.stderr.startswith("Traceback (most recent call last):\n")
        assert 'ValueError: {"data": [1, 2.5]}' in done.stderr
    else:
        assert [line.split()[0] for line in done.stdout.splitlines()] == [
            "trigger", "blob", "http", "http", "Measured:",
        ]  # fmt: skip
