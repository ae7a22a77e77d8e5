"""What a package says of itself: the file packager.json in it, and labels of its image; all names are here."""

import json
from collections.abc import Mapping

from packager.request import PackageRequest
from packager.samples import INPUT, OUTPUT

FILE = "packager.json"
PROOF_LABEL = "functions-packager.proof"

PROVED = "succeeded"
"""The package was started, and answered its sample through every trigger."""
INCOMPLETE = "incomplete"
"""It was started, but there was no sample, or a trigger that could not be tried here."""
SKIPPED = "skipped"
"""Whoever made the package did not want a proof."""
IMPOSSIBLE = "not possible"
"""Its environment cannot be had on the machine where it was made."""


def contract(request: PackageRequest, proof: str) -> Mapping[str, object]:
    """The content of packager.json: the same for the same package and state of its proof."""
    samples = {INPUT: request.samples.input, OUTPUT: request.samples.output}
    return {
        "entryScript": request.entry_script,
        "pythonVersion": request.environment.python_version,
        "triggers": {name: dict(options) for name, options in request.triggers.items()},
        "samples": {name: each.file_name(name) for name, each in samples.items() if each is not None},
        "proof": proof,
    }


def render_contract(request: PackageRequest, proof: str) -> str:
    """The text of packager.json."""
    return json.dumps(contract(request, proof), indent=2, sort_keys=True) + "\n"


def labels(proof: str) -> Mapping[str, str]:
    """What the image says of itself without being run."""
    return {PROOF_LABEL: proof}
