from pathlib import Path

import pytest

from packager import InvalidPackageRequest
from packager.builders import BuiltImage
from packager.builders.choosing import chosen_builder, chosen_publisher
from packager.builders.docker import DockerBuilder
from packager.builders.memory import MemoryBuilder
from packager.builders.oci import OciBuilder
from packager.image_reference import local_reference
from packager.publishers.docker import DockerPublisher
from packager.publishers.memory import MemoryPublisher
from packager.publishers.registry import RegistryPublisher


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path))


def image(layout: Path | None) -> BuiltImage:
    return BuiltImage(reference=local_reference("a:1"), id="sha256:0", platform="linux/amd64", size=1, layout=layout)


@pytest.mark.parametrize(
    ("given", "has_steps", "kind"),
    [
        (None, False, OciBuilder),
        (None, True, DockerBuilder),
        ("oci", True, OciBuilder),
        ("docker", False, DockerBuilder),
    ],
)
def test_no_engine_is_needed_but_for_steps_of_a_dockerfile(given, has_steps, kind):
    lines: list[str] = []

    assert isinstance(chosen_builder(given, has_steps=has_steps, log=lines.append), kind)
    assert bool(lines) is (given is None and has_steps)


def test_a_builder_that_is_given_is_taken():
    given = MemoryBuilder()

    assert chosen_builder(given, has_steps=True, log=[].append) is given


def test_an_unknown_name_is_refused():
    with pytest.raises(InvalidPackageRequest, match="builder='podman' is not one of 'oci', 'docker'"):
        chosen_builder("podman", has_steps=False, log=[].append)


def test_an_image_is_published_from_where_it_is(tmp_path):
    assert isinstance(chosen_publisher(None, image(tmp_path)), RegistryPublisher)
    assert isinstance(chosen_publisher(None, image(None)), DockerPublisher)


def test_a_publisher_that_is_given_is_taken(tmp_path):
    given = MemoryPublisher()

    assert chosen_publisher(given, image(tmp_path)) is given
