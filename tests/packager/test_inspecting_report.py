import json

import pytest

from packager.inspecting_report import ImageContract, LayerInfo, PlatformImage
from packager.staging.contract_file import PROOF_LABEL
from packager.staging.labels import BASE_DIGEST, BASE_NAME, LOCK_DIGEST, MODELS, OURS, TRIGGERS

LABELS = {
    TRIGGERS: json.dumps({"blob": {"input_path": "in/{name}.json", "output_path": "out/{name}.json"}, "http": {}}),
    MODELS: json.dumps({"diabetes:1": "sha256:1"}),
    LOCK_DIGEST: "sha256:2",
    BASE_NAME: "python:3.11-slim",
    BASE_DIGEST: "sha256:3",
    PROOF_LABEL: "succeeded",
    f"{OURS}.version": "1.0",
    f"{OURS}.python": "3.11",
    f"{OURS}.entry-script": "score.py",
}
IMAGE = PlatformImage(
    platform="linux/amd64",
    digest="sha256:4",
    layers=(
        LayerInfo(digest="sha256:5", size=1_500_000, made_by="packager: app"),
        LayerInfo(digest="sha256:6", size=1),
    ),
    sbom=True,
)


def contract(labels: dict[str, str], **more: object) -> ImageContract:
    return ImageContract(reference="m:1", digest="sha256:0", labels=labels, images=(IMAGE,), **more)


def test_the_labels_as_values():
    found = contract(LABELS)

    assert found.triggers["blob"]["input_path"] == "in/{name}.json"
    assert found.models == {"diabetes:1": "sha256:1"}
    assert (found.lock, found.base, found.proof) == ("sha256:2", "python:3.11-slim@sha256:3", "succeeded")
    assert (found.platforms, found.images[0].size) == (["linux/amd64"], 1_500_001)


def test_for_people():
    text = "\n".join(contract(LABELS, signed=True, command=["python"], user="65532").lines())

    assert text.startswith("m:1  sha256:0\n")
    assert "Triggers:     blob input_path=in/{name}.json, output_path=out/{name}.json; http\n" in text
    assert "Models:       diabetes:1 sha256:1\n" in text
    assert "Signature:    there is one" in text
    assert "linux/amd64: 1.5 MB in 2 layers, sha256:4\n  SBOM: attached\n" in text
    assert "1.5 MB  sha256:5  packager: app\n" in text
    assert text.endswith("1 B  sha256:6")


def test_an_image_of_others_says_so():
    text = "\n".join(contract({}).lines())

    assert "not by the packager" in text
    assert "Signature" not in text
    assert "Triggers" not in text


def test_everything_is_json():
    said = json.loads(json.dumps(contract(LABELS, signed=False).as_json()))

    assert said["triggers"]["http"] == {}
    assert said["images"][0]["layers"][0] == {"digest": "sha256:5", "size": 1_500_000, "made_by": "packager: app"}
    assert (said["signed"], said["images"][0]["sbom"], said["entryScript"]) == (False, True, "score.py")


@pytest.mark.parametrize("label", ["no json", "[1]"])
def test_a_label_that_somebody_else_wrote_counts_as_none(label):
    assert contract({TRIGGERS: label}).triggers == {}
