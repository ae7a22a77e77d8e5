import json
import subprocess
import sys

import pytest

from packager import InvalidPackageRequest
from packager.proof import ANSWERED, FAILED, UNTRIED, Measured, Proof, Tried, find_prover


def tried(state: str, **more: object) -> Tried:
    return Tried(function="f", trigger="http", state=state, **more)


@pytest.mark.parametrize(
    ("proof", "succeeded", "state"),
    [
        (Proof(tried=(tried(ANSWERED),)), True, "succeeded"),
        (Proof(tried=(tried(ANSWERED), tried(UNTRIED))), True, "incomplete"),
        (Proof(), True, "incomplete"),
        (Proof(impossible="Another machine."), True, "not possible"),
        (Proof(tried=(tried(ANSWERED), tried(FAILED, problem="No answer."))), False, "succeeded"),
        (Proof(tried=(tried(ANSWERED),), problems=("Too slow.",)), False, "succeeded"),
    ],
)
def test_when_it_succeeded(proof, succeeded, state):
    assert (proof.succeeded, proof.state) == (succeeded, state)


def test_what_failed_is_told_in_one_piece():
    proof = Proof(tried=(tried(FAILED, problem="No answer."),), problems=("Too slow.",))

    assert proof.failure == "f (http): No answer. Too slow."


def test_lines_for_people():
    answer = tried(ANSWERED, sent_to="here", found_at="there", seconds=0.5, answer=b'{"a":\n1}')
    measured = Measured(import_seconds=1, init_seconds=0.25, item_seconds=0.002, peak_memory=3 << 20)

    first, second, third = Proof(tried=(answer, tried(UNTRIED, problem="No sample.")), measured=measured).lines

    assert first.split() == ["http", "f", "answered", "here", "->", "there", "0.50", "s", '{"a":', "1}"]
    assert second.split() == ["http", "f", "not", "proved", "No", "sample."]
    assert third == "Measured: import 1.00 s, init() 0.25 s, an item 2.0 ms, at most 3 MiB of memory"


def test_it_can_be_said_as_json():
    document = json.loads(json.dumps(Proof(tried=(tried(ANSWERED, answer=b"\xff"),)).as_document()))

    assert (document["succeeded"], document["state"]) == (True, "succeeded")
    assert document["tried"][0]["answer"] == "\ufffd"
    assert document["measured"]["import_seconds"] is None


def test_provers_are_found_by_name():
    assert callable(find_prover("memory"))
    assert find_prover("local").__module__ == "infra.proving"
    with pytest.raises(
        InvalidPackageRequest, match=r"no prover 'x'; the installed ones are local, memory.*proof=False"
    ):
        find_prover("x")


@pytest.mark.process
def test_a_prover_that_a_folder_of_the_user_hides_is_told_with_the_way_out(tmp_path):
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__init__.py").touch()
    program = "from packager.proof import find_prover; find_prover('local')"

    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "folder or file 'infra' of your own" in done.stderr
