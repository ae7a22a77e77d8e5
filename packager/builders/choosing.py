"""Which builder makes an image, and which publisher sends it, when the caller does not say."""

from packager.builders.contract import BuiltImage, ImageBuilder, Log
from packager.errors import InvalidPackageRequest
from packager.publishers import Publisher

OCI, DOCKER = "oci", "docker"
BUILDERS = (OCI, DOCKER)


def chosen_builder(given: ImageBuilder | str | None, *, has_steps: bool, log: Log) -> ImageBuilder:
    """The given builder, or the one of that name; by default the one that needs no Docker Engine.

    An environment that brings steps of a Dockerfile (`has_steps`) takes an engine, and the log says so. Raises
    InvalidPackageRequest for a name that is not known.
    """
    if given is not None and not isinstance(given, str):
        return given
    if given is not None and given not in BUILDERS:
        raise InvalidPackageRequest(f"builder={given!r} is not one of {', '.join(map(repr, BUILDERS))}.")
    if given is None and has_steps:
        log("The environment has steps of a Dockerfile, so a Docker Engine builds the image")
    # Imported here because either brings libraries that the other does not need.
    if given == DOCKER or (given is None and has_steps):
        from packager.builders.docker import DockerBuilder

        return DockerBuilder()
    from packager.builders.oci import OciBuilder

    return OciBuilder()


def chosen_publisher(given: Publisher | None, image: BuiltImage) -> Publisher:
    """The given one; by default straight from the layout that holds the image, else from the Docker Engine."""
    if given is not None:
        return given
    if image.layout is not None:
        from packager.publishers.registry import RegistryPublisher

        return RegistryPublisher()
    from packager.publishers.docker import DockerPublisher

    return DockerPublisher()
