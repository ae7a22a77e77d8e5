from pathlib import Path

import pytest
import typer

from packager.builders.docker import DockerBuilder
from packager.builders.oci import OciBuilder
from packager.cli.image_options import builder_of, publisher_of
from packager.publishers.registry import RegistryPublisher


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("PACKAGER_CACHE", str(tmp_path))


@pytest.mark.parametrize("name", [None, "oci", "docker", "other"])
def test_a_name_alone_is_handed_on(name):
    assert builder_of(name, [], None, exclude_tests=False, refresh=False) == name


def test_flags_make_the_builder_that_needs_no_engine():
    made = builder_of(None, ["linux/amd64", "linux/arm64"], Path("a.tar"), exclude_tests=True, refresh=True)

    assert isinstance(made, OciBuilder)
    assert made.platforms == ("linux/amd64", "linux/arm64")
    assert made.archive == Path("a.tar")
    assert made.exclude_tests
    assert made.refresh


def test_an_engine_takes_none_of_the_others():
    with pytest.raises(typer.BadParameter, match="--platform, --exclude-tests: only for --builder oci"):
        builder_of("docker", ["linux/arm64"], None, exclude_tests=True, refresh=True)


def test_an_engines_builder_looks_packages_up_anew_too():
    assert isinstance(builder_of("docker", [], None, exclude_tests=False, refresh=True), DockerBuilder)


def test_what_is_attached_to_a_published_image():
    made = publisher_of("localhost:5000", Path("key.pem"), sbom=True)

    assert isinstance(made, RegistryPublisher)
    assert made.sbom
    assert made.sign_key == Path("key.pem")


def test_nothing_is_attached_to_what_stays_here():
    assert publisher_of(None, None, sbom=False) is None
    with pytest.raises(typer.BadParameter, match="--publish-to"):
        publisher_of(None, None, sbom=True)
