"""Build an image with a Docker Engine; the build itself has no network unless the user's own steps may want one."""

import io
import re
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from packager.builders import buildkit
from packager.builders.cache import BuildCache
from packager.builders.contract import BuiltImage, Log
from packager.builders.locks import cached_lock
from packager.builders.wheels import wheel_files
from packager.docker_engine import connect
from packager.errors import BuildFailed, EngineUnavailable, InvalidPackageRequest
from packager.image_reference import ImageReference
from packager.locking_target import WheelTarget
from packager.staging.context import BuildContext
from packager.staging.copying import usual_mode
from packager.staging.dockerfile import WHEELS_FOLDER, render_dockerfile
from packager.staging.labels import dockerfile_labels

_NOT_SENT = frozenset({".dockerignore", "Dockerfile"})
_TAIL_LINES = 30
_NOT_OF_ENGINES = frozenset({"archive", "debian-packages", "oci"})


class DockerBuilder:
    """Builds with the engine that DOCKER_HOST or the default socket names, or with the given client.

    With BuildKit where the engine has it; `use_buildkit=False` asks for the classic builder. Locks and wheels are kept
    in `cache`, that of this machine unless given, and looked up anew with `refresh`.
    """

    def __init__(
        self, client: Any = None, *, use_buildkit: bool = True, cache: BuildCache | None = None, refresh: bool = False
    ) -> None:
        self._client = client
        self._use_buildkit = use_buildkit
        self._cache = cache or BuildCache.open()
        self._refresh = refresh

    def check(self) -> None:
        """Raises EngineUnavailable with the way out when no engine answers."""
        self._client = self._client or connect()

    def platform(self) -> str:
        """The engine's own: `linux/amd64`."""
        self.check()
        return f"linux/{self._client.version()['Arch']}"

    def lock(self, requirements: Path, *, python_version: str, base_image: str) -> str:
        """A lock for the engine's architecture; raises UnresolvedRequirement, BuildFailed, or InvalidPackageRequest."""
        kind, colon, _ = base_image.partition(":")
        if colon and kind in _NOT_OF_ENGINES:
            raise InvalidPackageRequest(
                f"base_image {base_image!r} is for the builder that needs no Docker Engine (builder='oci'); an engine "
                "takes the name of an image that it has or can pull."
            )
        target = WheelTarget.of(python_version, self.platform(), base_image)
        with self._cache.in_use():
            return cached_lock(self._cache, requirements, target, refresh=self._refresh)

    def build(self, context: BuildContext, reference: ImageReference, log: Log) -> BuiltImage:
        """Wheels are fetched on this side and installed inside; raises BuildFailed with the end of the log."""
        platform = self.platform()
        target = WheelTarget.of(context.recipe.python_version, platform, context.recipe.base_image)
        with self._cache.in_use(), tempfile.TemporaryFile() as archive:
            wheels = wheel_files(self._cache, context.requirements, target, log, context.credentials)
            write_build_archive(context, wheels, archive)
            self._pull_missing(bases(render_dockerfile(context.recipe)), log)
            image_id = self._run(archive, reference, log, network=context.recipe.needs_network)
        size = self._client.images.get(image_id).attrs["Size"]
        return BuiltImage(reference=reference, id=image_id, platform=platform, size=size, runs_here=True)

    def _run(self, archive: IO[bytes], reference: ImageReference, log: Log, *, network: bool) -> str:
        from docker.errors import APIError
        from requests.exceptions import ConnectionError as Disconnected

        # Ours need none; whoever brings own steps wants to install something.
        mode = None if network else "none"
        tag = str(reference)
        try:
            if self._use_buildkit and buildkit.has_buildkit(self._client):
                return _image_id(buildkit.build(self._client, archive, tag=tag, network=mode), log)
            messages = self._client.api.build(
                fileobj=archive, custom_context=True, tag=tag, network_mode=mode, rm=True, forcerm=True, decode=True
            )
            return _image_id(messages, log)
        except APIError as error:
            raise BuildFailed(f"The Docker Engine refused the build: {error.explanation or error}.") from error
        except Disconnected as error:
            raise EngineUnavailable(f"The Docker Engine went away during the build: {error}.") from error

    def _pull_missing(self, names: Iterable[str], log: Log) -> None:
        """With the credentials of `docker login`, which a build by BuildKit does not get from us."""
        from docker.errors import APIError, ImageNotFound

        for name in names:
            try:
                self._client.images.get(name)
            except ImageNotFound:
                log(f"Pulling {name}")
                try:
                    self._client.images.pull(name)
                except APIError as error:
                    raise BuildFailed(
                        f"The base image {name} is not in the Docker Engine and cannot be pulled: "
                        f"{error.explanation or error}. Is the name right, and are you logged in ('docker login')?"
                    ) from error


def bases(dockerfile: str) -> Sequence[str]:
    """The images that a Dockerfile starts from, without its own stages and those that a variable names."""
    found: list[str] = []
    stages = {"scratch"}
    pattern = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE | re.MULTILINE)
    for name, stage in pattern.findall(dockerfile):
        if name.lower() not in stages and "$" not in name and name not in found:
            found.append(name)
        stages.add(stage.lower())
    return found


def write_build_archive(context: BuildContext, wheels: Sequence[Path], archive: IO[bytes]) -> None:
    """Write context and wheels as a tar, the same bytes for the same files, and rewind it."""
    labels = dockerfile_labels(context.folder, context.recipe)
    dockerfile = render_dockerfile(replace(context.recipe, wheelhouse=True, labels=labels)).encode()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as tar:
        _add(tar, "Dockerfile", io.BytesIO(dockerfile), len(dockerfile))
        for name, file in _entries(context.folder):
            if file.is_dir():
                _add_folder(tar, name)
            elif name not in _NOT_SENT and file.name != "local.settings.json":
                _add_file(tar, name, file)
        for file in wheels:
            _add_file(tar, f"{WHEELS_FOLDER}/{file.name}", file)
    archive.seek(0)


def _entries(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files, and the folders that are empty: scripts may list them, or write into them."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() or (file.is_dir() and not any(file.iterdir())):
            yield file.relative_to(folder).as_posix(), file


def _add_folder(tar: tarfile.TarFile, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    tar.addfile(entry)


def _add_file(tar: tarfile.TarFile, name: str, file: Path) -> None:
    with file.open("rb") as stream:
        _add(tar, name, stream, file.stat().st_size, usual_mode(file))


def _add(tar: tarfile.TarFile, name: str, stream: IO[bytes], size: int, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, mode
    tar.addfile(entry, stream)


def _image_id(messages: Iterable[Mapping[str, Any]], log: Log) -> str:
    """Hand the engine's output to `log`; the id comes last, an error as a message of its own."""
    image_id, lines = "", list[str]()
    for message in messages:
        for line in str(message.get("stream", message.get("status", ""))).splitlines():
            if line.strip():
                lines.append(line)
                log(line)
        if "error" in message:
            tail = "\n".join(lines[-_TAIL_LINES:])
            raise BuildFailed(f"{tail}\nThe image could not be built: {message['error']}", log=tail)
        image_id = message.get("aux", {}).get("ID", image_id)
    if not image_id:
        raise BuildFailed("The Docker Engine ended the build without an image.", log="\n".join(lines))
    return image_id
