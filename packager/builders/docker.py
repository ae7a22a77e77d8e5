"""Build an image with a Docker Engine; the build itself has no network."""

import io
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from packager.builders.contract import BuiltImage, Log
from packager.builders.wheelhouse import download_wheels
from packager.docker_engine import connect
from packager.errors import BuildFailed, EngineUnavailable
from packager.image_reference import ImageReference
from packager.staging.context import BuildContext
from packager.staging.dockerfile import WHEELS_FOLDER, render_dockerfile

_NOT_SENT = frozenset({".dockerignore", "Dockerfile"})
_TAIL_LINES = 30


class DockerBuilder:
    """Builds with the engine that DOCKER_HOST or the default socket names, or with the given client."""

    def __init__(self, client: Any = None) -> None:
        self._client = client

    def check(self) -> None:
        """Raises EngineUnavailable with the way out when no engine answers."""
        self._client = self._client or connect()

    def build(self, context: BuildContext, reference: ImageReference, log: Log) -> BuiltImage:
        """Wheels are fetched on this side and installed inside; raises BuildFailed with the end of the log."""
        self.check()
        architecture = self._client.version()["Arch"]
        with tempfile.TemporaryDirectory(prefix="packager-wheels-") as folder, tempfile.TemporaryFile() as archive:
            wheels = Path(folder)
            log(f"Fetching wheels for Python {context.python_version} on linux/{architecture}")
            download_wheels(
                context.requirements,
                wheels,
                python_version=context.python_version,
                architecture=architecture,
                log=log,
            )
            write_build_archive(context, wheels, archive)
            image_id = self._run(archive, reference, log)
        size = self._client.images.get(image_id).attrs["Size"]
        return BuiltImage(reference=reference, id=image_id, platform=f"linux/{architecture}", size=size)

    def _run(self, archive: IO[bytes], reference: ImageReference, log: Log) -> str:
        from docker.errors import APIError
        from requests.exceptions import ConnectionError as Disconnected

        try:
            messages = self._client.api.build(
                fileobj=archive,
                custom_context=True,
                tag=str(reference),
                network_mode="none",
                rm=True,
                forcerm=True,
                decode=True,
            )
            return _image_id(messages, log)
        except APIError as error:
            raise BuildFailed(f"The Docker Engine refused the build: {error.explanation or error}.") from error
        except Disconnected as error:
            raise EngineUnavailable(f"The Docker Engine went away during the build: {error}.") from error


def write_build_archive(context: BuildContext, wheels: Path, archive: IO[bytes]) -> None:
    """Write context and wheels as a tar, the same bytes for the same files, and rewind it."""
    dockerfile = render_dockerfile(
        base_image=context.base_image,
        python_version=context.python_version,
        variables=context.environment_variables,
        has_models=context.has_models,
        wheelhouse=True,
    ).encode()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as tar:
        _add(tar, "Dockerfile", io.BytesIO(dockerfile), len(dockerfile))
        for name, file in _files(context.folder, ""):
            if name not in _NOT_SENT and file.name != "local.settings.json":
                _add_file(tar, name, file)
        for name, file in _files(wheels, f"{WHEELS_FOLDER}/"):
            _add_file(tar, name, file)
    archive.seek(0)


def _files(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield f"{prefix}{file.relative_to(folder).as_posix()}", file


def _add_file(tar: tarfile.TarFile, name: str, file: Path) -> None:
    with file.open("rb") as stream:
        _add(tar, name, stream, file.stat().st_size)


def _add(tar: tarfile.TarFile, name: str, stream: IO[bytes], size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = size
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
