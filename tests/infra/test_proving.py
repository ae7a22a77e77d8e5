import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from infra.errors import InvalidRunRequest
from infra.proving import prove, prove_package
from packager.proof import Limits, ProofOrder
from tests.support import runs
from tests.support.fake_host import FakeHost


@pytest.fixture
def run(host: FakeHost, tmp_path: Path):
    trigger = runs.HTTP["bindings"][0]
    function = runs.function(runs.HTTP, url=f"{host.url}/score_http", bindings=[trigger])
    (tmp_path / "app").mkdir()
    (tmp_path / "host.log").write_text("Traceback (most recent call last):\nKeyError: 'x'\n")
    return replace(runs.app_run(tmp_path, function, pid=os.getpid()), url=host.url)


def test_an_app_that_runs_is_asked_where_it_is(run) -> None:
    proof = prove(run, sample={"a": 1})

    (tried,) = proof.tried
    assert json.loads(tried.answer) == {"echo": {"a": 1}}
    assert (proof.succeeded, proof.state, proof.traceback) == (True, "succeeded", "")
    assert proof.measured.start_seconds is None


def test_a_packaged_output_is_compared_with_the_packaged_input_alone(run) -> None:
    (run.app / "sample_input.json").write_text("[1]")
    (run.app / "sample_output.json").write_text('{"echo": [2]}')

    assert "but the sample output is" in prove(run).warnings[0]
    assert prove(run, sample="[3]").warnings == ()
    assert prove(run, sample="[3]", sample_output='{"echo": [3]}').warnings == ()


def test_a_failure_has_its_traceback(run, host: FakeHost) -> None:
    host.status = 500

    proof = prove(run, sample="1")

    assert not proof.succeeded
    assert proof.traceback == "Traceback (most recent call last):\nKeyError: 'x'"
    assert proof.failure.startswith("score_http (http): ")


def test_without_a_sample_nothing_is_proved(run) -> None:
    proof = prove(run)

    assert (proof.succeeded, proof.state) == (True, "incomplete")
    assert proof.warnings[0].startswith("score_http (http) is not proved: There is no sample")


def test_limits_count(run) -> None:
    proof = prove(run, sample="1", target=Limits(item=0.001))

    assert not proof.succeeded
    assert "the target ends an event after 0.001 s" in proof.failure


def test_what_is_no_app_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRunRequest, match="no function app: it has no host"):
        prove(tmp_path, sample="1")
    (tmp_path / "host.json").write_text("{}")
    with pytest.raises(InvalidRunRequest, match="limits of a target 'moon' are not known"):
        prove(tmp_path, target="moon")


def test_packages_of_another_machine_are_not_tried(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{}")
    (tmp_path / ".python_packages/lib/site-packages/function_host").mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text("# Python 3.11 on linux/riscv64 with glibc 2.36\n")

    proof = prove_package(ProofOrder(app=tmp_path))

    assert (proof.succeeded, proof.state, proof.tried) == (True, "not possible", ())
    assert "locked for linux/riscv64" in proof.warnings[0]
