"""ModelPackage: what package() made, with the attributes and calls of the retired SDK."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from packager.builders.contract import BuiltImage
from packager.docker_engine import connect
from packager.environment_sections import ContainerRegistry
from packager.errors import InvalidPackageRequest, PublishFailed
from packager.models.opening import Registry
from packager.proof import Proof
from packager.staging.context import is_context


class ModelPackage:
    """An image or a Dockerfile's build context, finished when you get it: package() returns after the build."""

    state = "Succeeded"
    error: Mapping[str, object] | None = None
    package_build_log_uri: str | None = None

    def __init__(  # noqa: PLR0913 - one argument per attribute, all by keyword
        self,
        *,
        workspace: Registry,
        location: str,
        context: Path | None = None,
        image: BuiltImage | None = None,
        connections: Mapping[str, str] | None = None,
        log: str = "",
        proof: Proof | None = None,
    ) -> None:
        self.workspace = workspace
        self.location = location
        """The published image (`registry/repository@sha256:...`), the engine's (`name:tag`), or the folder."""
        self.context = context
        """The staged function app, when it was kept."""
        self.image = image
        self.connections = dict(connections or {})
        """App setting that the package's triggers read -> what it must hold."""
        self.proof = proof
        """What was seen when it was started and asked; None when no proof was asked for."""
        self._log = log

    @property
    def generate_dockerfile(self) -> bool:
        """Is this a build context, without an image?"""
        return self.image is None

    def wait_for_creation(self, show_output: bool = False) -> None:
        """Print the build's log, if asked to, and the state; there is nothing left to wait for."""
        if show_output:
            sys.stdout.write(f"{self._log}Package creation {self.state}\n")

    def update_creation_state(self) -> None:
        """The state does not change any more."""

    def get_logs(self, decode: bool = True, offset: int = 0) -> str | bytes:
        """The build's log from byte `offset` on, as text or as bytes."""
        content = self._log.encode()[offset:]
        return content.decode(errors="replace") if decode else content

    def get_container_registry(self) -> ContainerRegistry:
        """Where the image was published, without credentials; no address for one that was not."""
        first, slash, _ = self.location.partition("/")
        is_registry = (
            not self.generate_dockerfile and bool(slash) and (first == "localhost" or bool({".", ":"} & {*first}))
        )
        return ContainerRegistry(address=first if is_registry else None)

    def pull(self) -> None:
        """Bring a published image to the Docker Engine; one that was not published is there already."""
        from docker.errors import APIError

        if self.generate_dockerfile:
            raise InvalidPackageRequest("A Dockerfile package cannot be pulled. Use save() instead.")
        if "@" in self.location:
            try:
                connect().images.pull(self.location)
            except APIError as error:
                raise PublishFailed(f"{self.location} cannot be pulled: {error.explanation or error}.") from error

    def save(self, output_directory: str | Path) -> None:
        """Copy the build context (Dockerfile, function app, models) into a folder that may exist already."""
        if not self.generate_dockerfile or self.context is None:
            raise InvalidPackageRequest("Docker images cannot be saved to a local directory. Use pull() instead.")
        target = Path(output_directory)
        if target.exists() and not target.is_dir():
            raise InvalidPackageRequest(f"Error, output path is not a directory: {target}")
        if not is_context(self.context):
            raise InvalidPackageRequest(f"The build context {self.context} is gone; call package() again.")
        shutil.copytree(self.context, target, dirs_exist_ok=True)

    def serialize(self) -> dict[str, object]:
        """The package as JSON values."""
        return {
            "generateDockerfile": self.generate_dockerfile,
            "state": self.state,
            "location": self.location,
        }

    def __repr__(self) -> str:
        return (
            f"ModelPackage(workspace={self.workspace!r}, generate_dockerfile={self.generate_dockerfile}, "
            f"state={self.state}, location={self.location})"
        )
