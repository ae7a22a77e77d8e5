import json

import pytest

from packager import Environment, InferenceConfig, Limits, ProofFailed, package
from packager.builders.memory import MemoryBuilder
from packager.proof import ANSWERED, FAILED, UNTRIED, Proof, ProofOrder, Tried
from packager.proof_memory import MemoryProver


def failing(order: ProofOrder) -> Proof:
    tried = Tried(function="score_http", trigger="http", state=FAILED, problem="It answered with status 500.")
    trace = f'Traceback (most recent call last):\n  File "{order.app}/azureml-app/score.py", line 5, in run\nKeyError'
    return Proof(tried=(tried,), traceback=trace)


def incomplete(order: ProofOrder) -> Proof:
    tried = Tried(function="score_http", trigger="http", state=UNTRIED, problem="There is no sample.")
    return Proof(tried=(tried,), warnings=("score_http (http) is not proved: There is no sample.",))


def made(config, folder, **more):
    return package(None, [], config, generate_dockerfile=True, triggers={"http": {}}, context=folder, **more)


def kept(folder) -> tuple[str, bool]:
    """The state in packager.json, and whether the Dockerfile has the same."""
    state = json.loads((folder / "packager.json").read_text())["proof"]
    return state, f'LABEL functions-packager.proof="{state}"' in (folder / "Dockerfile").read_text().splitlines()


def test_a_proof_is_part_of_the_package(inference_config, tmp_path):
    prover = MemoryProver()

    package_made = made(inference_config, tmp_path / "out", proof=prover, target=Limits(memory=1))

    (order,) = prover.asked
    assert order.target == Limits(memory=1)
    assert package_made.proof.tried[0].state == ANSWERED
    assert "Proving the app\n" in package_made.get_logs()
    assert kept(tmp_path / "out") == ("succeeded", True)


def test_a_package_without_a_proof_says_so(inference_config, tmp_path):
    package_made = made(inference_config, tmp_path / "out", proof=False)

    assert package_made.proof is None
    assert package_made.state == "Succeeded"
    assert kept(tmp_path / "out") == ("skipped", True)


def test_a_failed_proof_is_a_failed_package_with_the_traceback_first(inference_config, tmp_path, source):
    with pytest.raises(ProofFailed) as caught:
        made(inference_config, tmp_path / "out", proof=failing)

    message = str(caught.value)
    assert message.startswith(f'Traceback (most recent call last):\n  File "{source}/score.py", line 5, in run\n')
    assert "score_http (http): It answered with status 500. Correct that, or package without a proof" in message
    assert caught.value.log.startswith("Traceback (most recent call last):")
    assert "Proving the app" in caught.value.log
    assert caught.value.exit_code == 5
    assert not (tmp_path / "out").exists()


def test_a_failed_proof_leaves_an_earlier_package_alone(inference_config, tmp_path):
    made(inference_config, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}

    with pytest.raises(ProofFailed):
        made(inference_config, tmp_path / "out", proof=failing)

    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


def test_what_was_not_tried_is_a_warning(inference_config, tmp_path, caplog):
    package_made = made(inference_config, tmp_path / "out", proof=incomplete)

    assert "There is no sample" in caplog.text
    assert "Warning: score_http (http) is not proved" in package_made.get_logs()
    assert kept(tmp_path / "out") == ("incomplete", True)


@pytest.mark.parametrize("own", ["steps", "dockerfile", "packages"])
def test_what_only_the_image_has_cannot_be_proved_before(source, tmp_path, own, caplog):
    environment = Environment("e")
    if own == "dockerfile":
        environment.docker.base_dockerfile = "FROM python:3.11-slim\nRUN pip install mine\n"
    environment.python.user_managed_dependencies = own == "packages"
    config = InferenceConfig("score.py", source_directory=source, environment=environment)
    if own == "steps":
        (tmp_path / "steps").write_text("RUN pip install mine\n")
        with pytest.warns(DeprecationWarning, match="old"):
            config = InferenceConfig(
                "score.py", "python", source_directory=source, extra_docker_file_steps=str(tmp_path / "steps")
            )

    package_made = made(config, tmp_path / "out", proof=failing)

    assert kept(tmp_path / "out") == ("not possible", True)
    assert "packager test --image" in package_made.proof.impossible
    assert "It answered with status 500" in caplog.text


def test_the_state_changes_nothing_that_counts_for_the_package(inference_config, tmp_path):
    def digest(folder) -> str:
        settings = json.loads((folder / "local.settings.json").read_text())["Values"]
        return settings["FUNCTIONS_PACKAGE_DIGEST"]

    made(inference_config, tmp_path / "one")
    made(inference_config, tmp_path / "two", proof=False)

    assert digest(tmp_path / "one") == digest(tmp_path / "two")


def image_of(config, prover):
    return package(None, [], config, image_name="m:1", builder=MemoryBuilder(), proof=prover)


def test_the_image_is_proved_too(inference_config):
    prover = MemoryProver()

    log = image_of(inference_config, prover).get_logs()

    assert [order.image for order in prover.asked] == ["", "m:1"]
    assert log.index("Proving the app") < log.index("Remembering m:1") < log.index("Proving m:1")


def test_an_image_that_fails_is_a_failed_package(inference_config):
    def prover(order):
        return failing(order) if order.image else MemoryProver()(order)

    with pytest.raises(ProofFailed, match="It answered with status 500"):
        image_of(inference_config, prover)


def test_an_image_that_cannot_be_run_here_is_a_warning(inference_config, caplog):
    def prover(order):
        return Proof(impossible="The engine is elsewhere.") if order.image else MemoryProver()(order)

    made = image_of(inference_config, prover)

    assert made.proof.state == "succeeded"
    assert "The image itself is not proved: The engine is elsewhere." in caplog.text
