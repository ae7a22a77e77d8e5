"""Scripts that cannot start: the process ends with an error, and nothing ever answers."""

import hashlib

import pytest

from infra import child
from packager import Environment, InferenceConfig, package
from tests.support import scoring_pair, scoring_server

RUN = "\ndef run(data):\n    return data\n"
INIT = "\ndef init():\n    pass\n"
RAW = "from azureml.contrib.services.aml_request import rawhttp\n"
SCHEMA = (
    "from inference_schema.schema_decorators import input_schema\n"
    "from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType as S\n"
)
BROKEN = {
    "init raises": "def init():\n    raise ValueError('no weights')\n" + RUN,
    "init exits": "import sys\n\ndef init():\n    sys.exit(0)\n" + RUN,
    "import fails": "import no_such_module\n" + INIT + RUN,
    "syntax error": "def init(:",
    "no init": RUN,
    "no run": INIT,
    "run takes nothing": INIT + "def run():\n    pass\n",
    "run takes headers alone": INIT + "def run(request_headers):\n    pass\n",
    "run takes anything": INIT + "def run(*args):\n    pass\n",
    "raw and schema": RAW + SCHEMA + INIT + "@rawhttp\n@input_schema('data', S('x'))" + RUN,
    "broken settings": INIT + RUN,
}
SAYS = {
    "init raises": "no weights",
    "import fails": "no_such_module",
    "no init": "init()",
    "no run": "run()",
    "raw and schema": "cannot be decorated with both @rawhttp and @input_schema",
    "broken settings": "SCORING_TIMEOUT_MS",
}
SCRIPT_EXIT_CODE = 5
REAL_EXIT_CODE = 3


def settings(name):
    return {"SCORING_TIMEOUT_MS": "soon"} if name == "broken settings" else {}


@pytest.mark.process
@pytest.mark.parametrize("name", BROKEN)
def test_our_host_ends(name, tmp_path):
    folder = tmp_path / "app"
    scoring_pair.write(folder / "azureml-app", {"score.py": BROKEN[name]})
    process, ready, log = scoring_pair.start_ours(folder, settings(name))
    try:
        assert process.wait(30) == SCRIPT_EXIT_CODE
    finally:
        child.stop(process)
    assert not ready.exists()
    assert SAYS.get(name, "score.py") in log.read_text()


@pytest.mark.process
@pytest.mark.parametrize("is_changed", [False, True])
def test_a_model_that_was_changed_after_packaging_is_refused(is_changed, tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "score.py").write_text(INIT + RUN)
    (tmp_path / "weights.bin").write_bytes(b"trained")
    config = InferenceConfig("score.py", source_directory=str(tmp_path / "source"), environment=Environment("e"))
    app = tmp_path / "app"
    package(None, [str(tmp_path / "weights.bin")], config, generate_dockerfile=True, context=app)
    (model,) = app.rglob("weights.bin")
    if is_changed:
        model.write_bytes(b"changed")
    process, ready, log = scoring_pair.start_host(app, {})
    try:
        if is_changed:
            assert process.wait(30) == SCRIPT_EXIT_CODE
        else:
            scoring_pair.wait_for(ready, process, log)
    finally:
        child.stop(process)
    digests = [hashlib.sha256(data).hexdigest() for data in (b"changed", b"trained")]
    assert [text in log.read_text() for text in (f"{model} was changed", *digests)] == [is_changed] * 3


@pytest.mark.scoring_server
@pytest.mark.parametrize("name", ["init raises", "init exits", "no run", "run takes anything", "broken settings"])
def test_the_real_one_ends_too(name, tmp_path):
    folder = tmp_path / "app"
    scoring_pair.write(folder, {"score.py": BROKEN[name]})
    process, _, _ = scoring_server.start(folder, settings(name))
    try:
        assert process.wait(30) == REAL_EXIT_CODE
    finally:
        child.stop(process)


@pytest.mark.process
def test_a_run_with_more_than_it_gets_starts_and_every_request_fails(tmp_path):
    with scoring_pair.pair(tmp_path, INIT + "def run(a, b):\n    return a\n") as both:
        answer = both.ours(scoring_pair.Ask(body=b"x"))
    assert (answer.status, answer.header("x-ms-run-function-failed")) == (500, "True")
