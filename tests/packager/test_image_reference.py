from datetime import UTC, datetime

import pytest

from packager import InvalidPackageRequest
from packager.image_reference import ImageReference, local_reference, published_reference

NOW = datetime(2019, 8, 27, 19, 55, 24, tzinfo=UTC)
LOCAL = ImageReference(repository="package", tag="1")


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        (None, "package:20190827195524"),
        ("diabetes", "diabetes:20190827195524"),
        ("team/diabetes:3", "team/diabetes:3"),
        ("localhost:5000/diabetes", "localhost:5000/diabetes:20190827195524"),
    ],
)
def test_names_in_the_engine(name, reference):
    assert str(local_reference(name, NOW)) == reference


@pytest.mark.parametrize("name", ["Diabetes", "a b", "-x", "x:-", "x:" + "t" * 129, "a//b", "x@sha256:1"])
def test_what_is_no_image_name_is_refused(name):
    with pytest.raises(InvalidPackageRequest, match="is not an image name"):
        local_reference(name, NOW)


@pytest.mark.parametrize(
    ("publish_to", "reference"),
    [
        ("localhost:5000", "localhost:5000/package:1"),
        ("localhost", "localhost/package:1"),
        ("registry.example.com/team/diabetes", "registry.example.com/team/diabetes:1"),
        ("127.0.0.1:5000/diabetes:2", "127.0.0.1:5000/diabetes:2"),
        ("localhost:5000/", "localhost:5000/package:1"),
    ],
)
def test_where_an_image_is_published(publish_to, reference):
    assert str(published_reference(publish_to, LOCAL)) == reference


@pytest.mark.parametrize("publish_to", ["team/diabetes", "diabetes", ""])
def test_a_place_without_a_registry_is_refused(publish_to):
    with pytest.raises(InvalidPackageRequest, match="names no registry"):
        published_reference(publish_to, LOCAL)
