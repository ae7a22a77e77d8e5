import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from packager.oci.layout import ImageLayout
from packager.sbom import image_sbom
from tests.packager.layered import CREATED, MODEL_LIST, installed, layered
from tests.packager.test_sbom_inventory import OS_RELEASE, STATUS

HOME = "home/site/wwwroot"
LOCK = f"""# linux/amd64
joblib==1.6.0 \\
    --hash=sha256:{"1" * 64}
    # via sklearn
numpy==2.4.6 \\
    --hash=sha256:{"2" * 64} \\
    --hash=sha256:{"3" * 64}
scipy==1.17.1 \\
    --hash=sha256:{"4" * 64} \\
    --hash=sha256:{"5" * 64}
"""
WHEELS = {
    "numpy-2.4.6-cp311-cp311-manylinux_2_28_aarch64.whl": "2" * 64,
    "numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl": "3" * 64,
    "not a wheel": "0" * 64,
}
LAYERS = [
    {"var/lib/dpkg/status": STATUS, "etc/os-release": OS_RELEASE},
    {
        **installed("joblib", "1.6.0", "License-Expression: BSD-3-Clause"),
        **installed("numpy", "2.4.6", "License: BSD", tag="cp311-cp311-manylinux_2_28_x86_64"),
        **installed("scipy", "1.17.1"),
    },
    {f"{HOME}/azureml-models/diabetes/1.sha256": MODEL_LIST},
    {f"{HOME}/requirements.lock": LOCK},
]


@pytest.fixture
def layout(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "layout")


@pytest.fixture
def text(layout) -> str:
    image = layered(layout, LAYERS, {"org.opencontainers.image.title": "diabetes"})
    return image_sbom(layout, image, WHEELS).decode()


@pytest.fixture
def components(text) -> dict[str, dict]:
    return {each["name"]: each for each in json.loads(text)["components"]}


def test_it_is_cyclonedx(text):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_every_purl_can_be_read(text):
    document = json.loads(text)
    purls = [each["purl"] for each in [*document["components"], document["metadata"]["component"]] if "purl" in each]

    assert [PackageURL.from_string(each).type for each in purls] == ["pypi", "pypi", "pypi", "deb", "oci"]


def test_the_same_image_has_the_same_sbom(layout, text, tmp_path):
    again = ImageLayout.create(tmp_path / "again")
    image = layered(again, LAYERS, {"org.opencontainers.image.title": "diabetes"})

    assert image_sbom(again, image, WHEELS).decode() == text


def test_packages_have_the_hash_of_the_wheel_that_was_installed(components):
    assert components["joblib"]["hashes"] == [{"alg": "SHA-256", "content": "1" * 64}]
    assert components["numpy"]["hashes"] == [{"alg": "SHA-256", "content": "3" * 64}]


def test_a_hash_that_cannot_be_told_is_left_out(components):
    assert "hashes" not in components["scipy"]


def test_licences(components):
    assert components["joblib"]["licenses"] == [{"expression": "BSD-3-Clause"}]
    assert components["numpy"]["licenses"] == [{"license": {"name": "BSD"}}]
    assert "licenses" not in components["scipy"]


def test_debian_packages(components):
    assert components["libc6"]["purl"] == "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12"


def test_models_with_their_files(components):
    model = components["diabetes"]

    assert (model["type"], model["version"]) == ("machine-learning-model", "1")
    assert {each["name"]: each["hashes"][0]["content"] for each in model["components"]} == {
        "1/model.joblib": "a" * 64,
        "1/labels.txt": "b" * 64,
    }


def test_the_image_itself(layout, text):
    document = json.loads(text)
    image = layered(layout, LAYERS, {"org.opencontainers.image.title": "diabetes"})

    assert document["metadata"]["component"]["version"] == image.digest
    assert document["metadata"]["timestamp"] == CREATED
    assert document["metadata"]["properties"][0]["value"] == "linux/amd64"
    (tree,) = document["dependencies"]
    assert tree["dependsOn"] == [each["bom-ref"] for each in document["components"]]


def test_an_image_without_anything_is_valid_too(layout):
    text = image_sbom(layout, layered(layout, [{}])).decode()

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
