import pytest

from packager.builders.base_facts import read_facts
from packager.errors import InvalidImage
from packager.oci.layout import ImageLayout
from packager.oci.manifest import OCI_LAYER, OCI_MANIFEST, Manifest
from tests.packager.builders.bases import PYTHON, STATUS, add_base
from tests.packager.oci.images import add_image


@pytest.fixture
def layout(tmp_path) -> ImageLayout:
    return ImageLayout.create(tmp_path / "layout")


def test_a_debian_with_python_is_known(layout):
    facts = read_facts(layout, add_base(layout))

    assert (facts.python, facts.python_version, facts.tini, facts.glibc) == (
        "/usr/bin/python3",
        "3.11",
        "/usr/bin/tini",
        36,
    )
    assert facts.size == len(b"program") + len(b"tini") + len(STATUS)


def test_the_python_on_the_path_counts(layout):
    files = {**PYTHON, "usr/local/bin/python3.12": b"program", "usr/local/bin/python3": "python3.12"}

    facts = read_facts(layout, add_image(layout, files, Env=["PATH=/usr/local/bin:/usr/bin"]))

    assert (facts.python, facts.python_version) == ("/usr/local/bin/python3", "3.12")


def test_links_of_folders_are_followed(layout):
    files = {"opt/py/bin/python3.11": b"", "usr/bin": "../opt/py/bin", "opt/py/bin/python3": "python3.11"}

    assert read_facts(layout, add_image(layout, files, Env=["PATH=/usr/bin"])).python_version == "3.11"


def test_a_later_layer_may_take_away_and_replace(layout):
    gone = add_image(layout, PYTHON, {"usr/bin/.wh.python3.11": b""})
    other = add_image(layout, PYTHON, {"usr/bin/python3.12": b"", "usr/bin/python3": "python3.12"})

    assert read_facts(layout, gone).python == ""
    assert read_facts(layout, other).python_version == "3.12"


def test_an_image_without_any_of_it_has_none(layout):
    facts = read_facts(layout, add_image(layout, {"etc/hosts": b"x"}))

    assert (facts.python, facts.python_version, facts.tini, facts.glibc) == ("", "", "", None)


def test_links_that_lead_in_circles_end(layout):
    files = {"usr/bin/python3": "python", "usr/bin/python": "python3"}

    assert read_facts(layout, add_image(layout, files)).python_version == ""


def test_the_status_file_of_a_whole_debian_is_read(layout):
    status = b"Package: adduser\nVersion: 2.99\n\n" + STATUS + b"\nPackage: zlib1g\nVersion: 2.1\n"

    assert read_facts(layout, add_image(layout, {"var/lib/dpkg/status": status})).glibc == 36


def test_a_layer_that_is_no_tar_is_named(layout):
    image = layout.manifest(add_base(layout))
    broken = layout.add_bytes(b"no tar", OCI_LAYER)
    made = layout.add_bytes(Manifest(config=image.config, layers=[broken]).to_bytes(), OCI_MANIFEST)

    with pytest.raises(InvalidImage, match=f"{broken.digest} cannot be read"):
        read_facts(layout, made)


def test_an_opaque_folder_hides_what_is_below_and_nothing_of_its_own_layer(layout):
    gone = add_image(layout, PYTHON, {"usr/bin/.wh..wh..opq": b""})
    again = add_image(layout, PYTHON, {"usr/bin/python3": b"", "usr/bin/python3.12": b"", "usr/bin/.wh..wh..opq": b""})

    assert read_facts(layout, gone).python == ""
    assert read_facts(layout, again).python_version == "3.12"


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"usr/bin/python3.11": b"program"}, "3.11"),
        ({"usr/lib/python3.12/os.py": b""}, "3.12"),
        ({"usr/bin/python3.11": b"", "usr/bin/python3.12": b"", "usr/lib/python3.12/os.py": b""}, "3.12"),
        ({}, ""),
    ],
)
def test_a_python_that_is_no_link_is_told_by_what_is_beside_it(layout, files, version):
    facts = read_facts(layout, add_image(layout, {"usr/bin/python3": b"program", **files}))

    assert (facts.python, facts.python_version) == ("/usr/bin/python3", version)
