"""What the flags of `packager package` say of the image: its builder and its publisher."""

from collections.abc import Sequence
from pathlib import Path

import typer

from packager.builders import ImageBuilder
from packager.builders.choosing import DOCKER
from packager.locking_target import DEFAULT_PLATFORM
from packager.publishers import Publisher


def builder_of(
    name: str | None, platforms: Sequence[str], archive: Path | None, *, exclude_tests: bool, refresh: bool
) -> ImageBuilder | str | None:
    """The builder that the flags describe; its name, or None, when they say nothing else."""
    given = {
        "--platform": bool(platforms),
        "--archive": archive is not None,
        "--exclude-tests": exclude_tests,
    }
    wanted = [flag for flag, is_given in given.items() if is_given]
    if not wanted and not refresh:
        return name
    if name == DOCKER:
        return _docker_builder(wanted, refresh=refresh)
    from packager.builders.oci import OciBuilder

    chosen = tuple(platforms) or (DEFAULT_PLATFORM,)
    return OciBuilder(platforms=chosen, archive=archive, exclude_tests=exclude_tests, refresh=refresh)


def _docker_builder(refused: Sequence[str], *, refresh: bool) -> ImageBuilder:
    if refused:
        raise typer.BadParameter(f"{', '.join(refused)}: only for --builder oci, which needs no Docker Engine.")
    from packager.builders.docker import DockerBuilder

    return DockerBuilder(refresh=refresh)


def publisher_of(publish_to: str | None, sign_key: Path | None, *, sbom: bool) -> Publisher | None:
    """The publisher that attaches what is wanted; None for the usual one."""
    if sign_key is None and not sbom:
        return None
    if publish_to is None:
        raise typer.BadParameter("--sbom and --sign-key go with --publish-to: they are kept in the registry.")
    from packager.publishers.registry import RegistryPublisher

    return RegistryPublisher(sbom=sbom, sign_key=sign_key)
