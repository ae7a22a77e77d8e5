"""The calls and fields of the retired Environment that cannot be kept, each with its reason and the way out."""

from typing import Never

from packager.errors import InvalidEnvironment


class RefusedEnvironmentCalls:
    """Calls that raise at once, with the retired signatures."""

    __slots__ = ()
    name: str

    @staticmethod
    def from_docker_build_context(name: str, docker_build_context: object) -> Never:
        """Refused: a package has one build context, its own."""
        raise InvalidEnvironment(
            f"Environment.from_docker_build_context({name!r}, ...) is not possible: the build context of a package is "
            "the package itself. Use Environment.from_dockerfile() with a Dockerfile that copies nothing, or build the "
            "folder with Docker and name the image with Environment.from_docker_image()."
        )

    def build(self, workspace: object, image_build_compute: object = None) -> Never:
        """Refused: there is no image of an environment alone."""
        raise self._no_image("build")

    def build_local(self, workspace: object, platform: object = None, **kwargs: object) -> Never:
        """Refused: there is no image of an environment alone."""
        raise self._no_image("build_local")

    def get_image_details(self, workspace: object) -> Never:
        """Refused: there is no image of an environment alone."""
        raise self._no_image("get_image_details")

    @property
    def databricks(self) -> Never:
        """Refused: packages run in containers."""
        raise self._no_section("databricks", "packages run in containers, not on Databricks")

    @property
    def spark(self) -> Never:
        """Refused: a container starts no cluster."""
        raise self._no_section(
            "spark", "a container starts no cluster; add the package 'pyspark' and a base image with Java"
        )

    @property
    def r(self) -> Never:
        """Refused: the host runs Python."""
        raise self._no_section("r", "the host runs Python; call R from it with a base image that has both")

    def _no_image(self, call: str) -> InvalidEnvironment:
        return InvalidEnvironment(
            f"Environment.{call}() of {self.name!r} is not possible: an image is made of an environment together with "
            "a script and models. Call package(); its answer has the image's location and log."
        )

    def _no_section(self, section: str, reason: str) -> InvalidEnvironment:
        return InvalidEnvironment(f"Environment {self.name!r} has no section {section!r}: {reason}.")
