import json

from packager.request import check_request
from packager.staging.contract_file import PROOF_LABEL, labels, render_contract


def test_what_a_package_says_of_itself(inference_config, model_file):
    request = check_request([model_file], inference_config, {"http": {"route": "x"}}, samples=([1], b"\xff"))

    text = render_contract(request, "succeeded")

    assert json.loads(text) == {
        "entryScript": "score.py",
        "pythonVersion": "3.11",
        "triggers": {"http": {"route": "x"}},
        "samples": {"sample_input": "sample_input.json", "sample_output": "sample_output.bin"},
        "proof": "succeeded",
    }
    assert labels("skipped") == {PROOF_LABEL: "skipped"}
