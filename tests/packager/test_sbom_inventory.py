import pytest
from packaging.tags import parse_tag

from packager.errors import InvalidImage
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_LAYER, Manifest
from packager.sbom_inventory import DebianPackage, Inventory, PackagedModel, PythonPackage, read_inventory
from tests.packager.layered import MODEL_LIST, installed, layered

STATUS = """Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc (2.36)
Version: 2.36-9+deb12u10
Description: two lines
 of it

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""
OS_RELEASE = 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n'


@pytest.fixture
def layout(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "layout")


def inventory(layout: ImageLayout, *layers: dict[str, str]) -> Inventory:
    return read_inventory(layout, layout.manifest(layered(layout, layers)))


def test_python_packages_with_versions_licences_and_tags(layout):
    found = inventory(
        layout,
        {
            **installed("NumPy", "2.4.6", "License-Expression: BSD-3-Clause", tag="cp311-cp311-manylinux_2_28_x86_64"),
            **installed("joblib", "1.6", "License: BSD 3-Clause"),
            **installed("long", "1", f"License: {'x' * 200}\nClassifier: License :: OSI Approved :: MIT License"),
            **installed("none", "1", "License: UNKNOWN"),
            "home/site/wwwroot/readme.txt": "not looked at",
        },
    )

    assert list(found.python) == [
        PythonPackage(name="joblib", version="1.6", licence_name="BSD 3-Clause", tags=parse_tag("py3-none-any")),
        PythonPackage(name="long", version="1", licence_name="MIT License", tags=parse_tag("py3-none-any")),
        PythonPackage(name="none", version="1", tags=parse_tag("py3-none-any")),
        PythonPackage(
            name="numpy",
            version="2.4.6",
            licence_expression="BSD-3-Clause",
            tags=parse_tag("cp311-cp311-manylinux_2_28_x86_64"),
        ),
    ]


@pytest.mark.parametrize("path", ["var/lib/dpkg/status", "./var/lib/dpkg/status.d/libc6"])
def test_debian_packages_that_are_installed(layout, path):
    found = inventory(layout, {path: STATUS, "etc/os-release": OS_RELEASE, "var/lib/dpkg/status.d/x.md5sums": "no"})

    assert list(found.debian) == [
        DebianPackage(name="libc6", version="2.36-9+deb12u10", architecture="amd64", source="glibc")
    ]
    assert found.distribution == "debian-12"


def test_a_licence_whose_name_is_spdx_is_an_expression(layout):
    (found,) = inventory(layout, installed("x", "1", "License: apache-2.0")).python

    assert (found.licence_expression, found.licence_name) == ("Apache-2.0", "apache-2.0")


def test_models_and_the_lock(layout):
    home = "home/site/wwwroot"
    found = inventory(
        layout, {f"{home}/azureml-models/diabetes/1.sha256": MODEL_LIST, f"{home}/requirements.lock": "a==1\n"}
    )

    files = {"1/model.joblib": "a" * 64, "1/labels.txt": "b" * 64}
    assert list(found.models) == [PackagedModel(name="diabetes", version="1", files=files)]
    assert found.lock == "a==1\n"


def test_what_an_upper_layer_replaces_or_removes_is_not_there(layout):
    found = inventory(
        layout,
        {**installed("a", "1"), **installed("b", "1", site="usr/lib"), **installed("c", "1", site="srv/x")},
        {
            "opt/venv/lib/python3.11/site-packages/.wh.a-1.dist-info": "",
            "srv/x/.wh..wh..opq": "",
            **installed("d", "2"),
        },
    )

    assert [each.name for each in found.python] == ["b", "d"]


def test_an_empty_image_has_nothing(layout):
    assert inventory(layout, {}) == Inventory(python=[], debian=[], models=[])


def test_a_layer_that_is_no_tar_is_named(layout):
    layer = layout.add_bytes(b"\x28\xb5\x2f\xfd not a tar", OCI_LAYER)

    with pytest.raises(InvalidImage, match=rf"layer {layer.digest} .* cannot be read as a tar"):
        read_inventory(layout, Manifest(config=layer, layers=[layer]))
