"""The stage of package() that proves what was staged, before anything is built of it."""

from dataclasses import replace
from pathlib import Path

from packager import config
from packager.builders.contract import BuiltImage
from packager.errors import ProofFailed
from packager.package_log import PackageLog
from packager.proof import Limits, Proof, ProofOrder, Prover, find_prover
from packager.request import PackageRequest
from packager.staging.container import ROOT
from packager.staging.context import APP_FOLDER
from packager.staging.contract_file import SKIPPED

_PATIENCE = 300.0
"""Seconds for one answer: models may be slow, but whoever packages waits."""
_WAY_OUT = "Correct that, or package without a proof (proof=False)."


def chosen_prover(proof: bool | Prover) -> Prover | None:
    """The installed prover for True, none for False, else the given one; raises InvalidPackageRequest."""
    if isinstance(proof, bool):
        return find_prover(config.prover()) if proof else None
    return proof


class ProofStage:
    """Asks a prover about one staged app, and remembers what it said."""

    def __init__(
        self, request: PackageRequest, prover: Prover | None, target: str | Limits | None, log: PackageLog
    ) -> None:
        self._request = request
        self._prover = prover
        self._target = target
        self._log = log
        self.proof: Proof | None = None
        """What was seen, of the image if an engine could run it; None without a proof."""

    def __call__(self, app: Path) -> str:
        """The state that the package keeps; raises ProofFailed, whose message and log begin with the traceback."""
        if self._prover is None:
            self._log("Not proved, because no proof was asked for")
            return SKIPPED
        self._log("Proving the app")
        proof = self._of_the_sources(app, self._prover(self._order(app)))
        if not proof.succeeded and self._brings_its_own:
            proof = _downgraded(proof)
        self.proof = proof
        for line in proof.lines:
            self._log(line)
        if not proof.succeeded:
            raise self._failed(proof)
        for warning in proof.warnings:
            self._log.warn(warning)
        return proof.state

    def _order(self, app: Path) -> ProofOrder:
        return ProofOrder(app=app, target=self._target, timeout=_PATIENCE, log=self._log)

    def of_image(self, image: BuiltImage) -> None:
        """The same of an image that an engine has; raises ProofFailed. Where it cannot be run, a warning says why."""
        if self._prover is None or not image.runs_here:
            return
        self._log(f"Proving {image.reference}")
        proof = self._prover(replace(self._order(Path(ROOT)), image=str(image.reference)))
        if proof.impossible:
            self._log.warn(f"The image itself is not proved: {proof.impossible}")
            return
        self.proof = proof
        for line in proof.lines:
            self._log(line)
        if not proof.succeeded:
            raise self._failed(proof)

    @property
    def _brings_its_own(self) -> bool:
        """Has the image what a staged app has not: steps, a Dockerfile or packages of its own?"""
        return self._request.has_steps or self._request.environment.python.user_managed_dependencies

    def _of_the_sources(self, app: Path, proof: Proof) -> Proof:
        """Tracebacks name the user's own files, not their copies in the package."""
        staged = f"{app.resolve()}/{APP_FOLDER}"
        source = str(self._request.source_directory)
        return replace(
            proof,
            tried=tuple(replace(each, problem=each.problem.replace(staged, source)) for each in proof.tried),
            traceback=proof.traceback.replace(staged, source),
            problems=tuple(each.replace(staged, source) for each in proof.problems),
        )

    def _failed(self, proof: Proof) -> ProofFailed:
        sentence = f"The package does not answer as it should, so it was not made: {proof.failure} {_WAY_OUT}"
        opening = f"{proof.traceback.rstrip()}\n" if proof.traceback else ""
        return ProofFailed(f"{opening}{sentence}", log=f"{opening}{self._log.text}{sentence}\n")


def _downgraded(proof: Proof) -> Proof:
    """What failed may be there in the image, so that nothing is known."""
    reason = (
        "The app does not run without what its own Dockerfile, its steps or its base image bring; "
        "'packager test --image' proves the image."
    )
    told = f"Not proved: {reason} It said: {proof.failure}"
    return Proof(measured=proof.measured, impossible=reason, warnings=(*proof.warnings, told))
