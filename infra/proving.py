"""Prove a package: start a copy of its app, send a sample through every trigger, and see the answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.app_run import AppRun, packaged_sample
from infra.app_settings import STORAGE_FOLDER
from infra.errors import HostFailed, InvalidRunRequest, ProofImpossible, RunTimedOut
from infra.proof_app import copied, started
from infra.proof_end import sentence_of_start
from infra.proof_environment import proof_python
from infra.proof_image import image_started
from infra.proof_limits import limits_of
from infra.proof_numbers import measured
from infra.proof_report import TRACEBACK, differences, located, not_json, passed_limits, traceback_in, untried
from infra.trying import tried_functions
from packager.errors import EngineUnavailable
from packager.proof import ANSWERED, FAILED, Limits, Proof, ProofOrder, Tried
from packager.samples import INPUT, OUTPUT, Sample, read_sample
from packager.staging.container import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is sent, to whom, and what is expected."""

    sample: bytes | None
    expected: bytes | None
    triggers: Sequence[str]
    timeout: float
    target: str | Limits | None


def prove(  # noqa: PLR0913 - one public call, all but the app by keyword and with a default
    app: Path | AppRun,
    *,
    sample: object = None,
    sample_output: object = None,
    triggers: Sequence[str] = (),
    target: str | Limits | None = None,
    timeout: float = 60.0,
    log: Callable[[str], None] = lambda _: None,
) -> Proof:
    """Send a sample through every trigger of a staged app, or of one that runs already, and see the answers.

    A staged app is started with accounts of its own and left as it is; one that runs is asked where it is. `sample`
    is a JSON value, text, bytes or the Path of a file; by default the one in the package, or that of the script's
    decorators. Only functions with one of `triggers` are tried, if some are named. `target` names a place whose
    limits count. `timeout` is how many seconds each answer may take.

    What fails is in the proof; only what cannot be tried at all is raised: InvalidRunRequest, InvalidPackageRequest.
    """
    given, expected = read_sample(sample, INPUT), read_sample(sample_output, OUTPUT)
    if isinstance(app, AppRun):
        question = _question(app.app, given, expected, triggers, (timeout, target))
        return _asked(app, question, None)
    order = ProofOrder(
        app=app, sample=given, expected=expected, triggers=tuple(triggers), target=target, timeout=timeout, log=log
    )
    return prove_package(order)


def prove_image(  # noqa: PLR0913 - one public call, all but the image by keyword and with a default
    image: str,
    *,
    sample: object = None,
    sample_output: object = None,
    triggers: Sequence[str] = (),
    target: str | Limits | None = None,
    timeout: float = 60.0,
    client: Any = None,
) -> Proof:
    """As prove(), for an image in a Docker Engine (that of DOCKER_HOST, or of the given client of the docker SDK).

    Raises EngineUnavailable too.
    """
    order = ProofOrder(
        app=Path(),
        image=image,
        sample=read_sample(sample, INPUT),
        expected=read_sample(sample_output, OUTPUT),
        triggers=tuple(triggers),
        target=target,
        timeout=timeout,
    )
    try:
        return _of_image(order, client)
    except RunTimedOut as failure:
        return Proof(problems=(str(failure),))


def prove_package(order: ProofOrder) -> Proof:
    """As prove(), for an order of the packager's."""
    if order.image:
        return _of_built_image(order)
    app = order.app.resolve()
    if not (app / "host.json").is_file():
        raise InvalidRunRequest(f"{app} is no function app: it has no host.json; give the folder that was staged.")
    limits_of(order.target)
    try:
        python = proof_python(app, order.log)
    except ProofImpossible as reason:
        return _impossible(reason)
    question = _question(app, order.sample, order.expected, order.triggers, (order.timeout, order.target))
    with copied(app) as copy:
        try:
            with started(copy, python, order.settings, timeout=order.start_timeout) as (running, seconds):
                proof = _asked(running.details, question, seconds)
        except HostFailed as failure:
            proof = _not_started(failure, copy)
        except InvalidRunRequest as refusal:
            raise InvalidRunRequest(str(refusal).replace(str(copy), str(app))) from refusal
        except RunTimedOut as failure:
            proof = Proof(problems=(str(failure),))
    return located(proof, {str(copy): str(app), f"{copy.with_name('data') / STORAGE_FOLDER}/": ""})


def _of_built_image(order: ProofOrder) -> Proof:
    """What an engine does not run, or what has another host, says nothing against an app that was proved before."""
    try:
        return _of_image(order)
    except (EngineUnavailable, InvalidRunRequest, RunTimedOut) as reason:
        return _impossible(reason)


def _of_image(order: ProofOrder, client: Any = None) -> Proof:
    limits_of(order.target)
    try:
        with image_started(order.image, timeout=order.start_timeout, client=client) as running:
            app = running.details.app
            question = _question(app, order.sample, order.expected, order.triggers, (order.timeout, order.target))
            proof = _asked(running.details, question, running.seconds, running.output)
            return located(proof, {f"{app.with_name('data') / STORAGE_FOLDER}/": ""})
    except HostFailed as failure:
        return _not_started(failure, Path(ROOT))
    except ProofImpossible as reason:
        return _impossible(reason)


def _impossible(reason: Exception) -> Proof:
    return Proof(impossible=str(reason), warnings=(f"Not proved: {reason}",))


def _not_started(failure: HostFailed, app: Path) -> Proof:
    return Proof(problems=(sentence_of_start(failure, app),), traceback=traceback_in(failure.output))


def _question(
    app: Path,
    sample: Sample | None,
    expected: Sample | None,
    triggers: Sequence[str],
    rest: tuple[float, str | Limits | None],
) -> _Question:
    known = sample.content if sample is not None else packaged_sample(app, INPUT)
    # The packaged output belongs to the packaged input.
    answer = expected.content if expected is not None else packaged_sample(app, OUTPUT) if sample is None else None
    return _Question(sample=known, expected=answer, triggers=triggers, timeout=rest[0], target=rest[1])


def _asked(
    run: AppRun, question: _Question, start_seconds: float | None, output: Callable[[], str] | None = None
) -> Proof:
    """`output` gives what the host printed, if that is not in the run's log."""
    tried = tried_functions(run, question.sample, question.triggers, question.timeout)
    seen = measured(run, tried)
    proof = Proof(tried=tried, measured=replace(seen, start_seconds=start_seconds))
    if any(each.state == FAILED for each in tried):
        printed = output() if output is not None else run.log.read_text(encoding="utf-8", errors="replace")
        return replace(proof, traceback=traceback_in(printed) if TRACEBACK in printed else "")
    return _judged(proof, question)


def _judged(proof: Proof, question: _Question) -> Proof:
    limits, place = limits_of(question.target)
    warnings = untried(proof.tried) + not_json(proof.tried)
    warnings += differences([each for each in proof.tried if each.is_comparable], question.expected)
    over, problems = passed_limits(proof.measured, limits, place, has_sample=_has_answers(proof.tried))
    return replace(proof, warnings=(*warnings, *over), problems=tuple(problems))


def _has_answers(tried: Sequence[Tried]) -> bool:
    """Did any function take the sample?"""
    return any(each.state == ANSWERED and each.is_comparable for each in tried)
