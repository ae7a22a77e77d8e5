"""Hand images to a Docker Engine, and take base images out of one."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packager.builders.cache import ENGINE_BASES, BuildCache
from packager.builders.contract import Log
from packager.docker_engine import connect
from packager.errors import BuildFailed, EngineUnavailable, InvalidImage
from packager.files import incoming_file, refusals_named
from packager.oci.archive import read_archive, stream_archive
from packager.oci.layout import ImageLayout
from packager.oci.manifest import Descriptor, ImageConfig, Platform

_TMPDIR = "Make room there, or point TMPDIR at a folder that has room for the whole image."


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSource:
    """`docker:NAME`: an image that is in a Docker Engine, exported once."""

    cache: BuildCache
    client: Any = None
    """None for the engine of the environment."""

    def fetch(self, reference: str, platform: Platform, into: ImageLayout) -> Descriptor:
        """Raises EngineUnavailable without an engine, and InvalidImage when it has no such image for the platform."""
        from docker.errors import ImageNotFound

        client = self.client or connect()
        try:
            with _staying_up(f"asked for {reference}"):
                image = client.images.get(reference)
        except ImageNotFound as error:
            raise InvalidImage(f"The Docker Engine has no image {reference!r}; pull or build it first.") from error
        key = image.id.partition(":")[2]
        kept = self.cache.record(ENGINE_BASES, key)
        found = Descriptor.parse(kept, f"the record of docker:{reference}") if kept is not None else None
        if found is None or not into.is_whole(found):
            found = self._export(client, image, into)
            self.cache.keep(ENGINE_BASES, key, found.document())
        return into.for_platform(found, platform)

    def _export(self, client: Any, image: Any, into: ImageLayout) -> Descriptor:
        with refusals_named(self.cache.folder), tempfile.TemporaryDirectory(dir=self.cache.workshop()) as folder:
            file = Path(folder) / "image.tar"
            with incoming_file(file.parent) as incoming:
                with _staying_up(f"giving {image.id}"):
                    for chunk in client.api.get_image(image.id):
                        incoming.write(chunk)
                incoming.keep_as(file)
            return read_archive(file, into)


def load(client: Any, layout: ImageLayout, manifest: Descriptor, reference: str, log: Log) -> None:
    """Put an image into an engine and name it; layers that it has are not sent again.

    Raises BuildFailed when the engine refuses it, and EngineUnavailable when it goes away meanwhile.
    """
    with _staying_up(f"taking {reference}"):
        _load(client, layout, manifest, reference, log)


def _load(client: Any, layout: ImageLayout, manifest: Descriptor, reference: str, log: Log) -> None:
    from docker.errors import APIError

    image = layout.manifest(manifest)
    config = layout.config(image)
    there = _layers_there(client, reference, config)
    known = [each.digest for each in image.layers[:there]]
    try:
        _send(client, layout, manifest, reference, known)
        if not known or _has(client, image.config.digest):
            return
        # An engine that keeps images in another way wants all of it.
        _send(client, layout, manifest, reference, [])
    except APIError as error:
        if not known:
            raise BuildFailed(f"The Docker Engine refuses {reference}: {error.explanation or error}.") from error
        log("The Docker Engine wants the whole image")
        _load_whole(client, layout, manifest, reference)


def _load_whole(client: Any, layout: ImageLayout, manifest: Descriptor, reference: str) -> None:
    """_load() with every layer."""
    from docker.errors import APIError

    try:
        _send(client, layout, manifest, reference, [])
    except APIError as error:
        raise BuildFailed(f"The Docker Engine refuses {reference}: {error.explanation or error}.") from error


def _send(client: Any, layout: ImageLayout, manifest: Descriptor, reference: str, known: Sequence[str]) -> None:
    with ExitStack() as stack:
        with refusals_named(Path(tempfile.gettempdir()), _TMPDIR):
            archive = stack.enter_context(tempfile.TemporaryFile())
            stream_archive(layout, manifest, reference, archive, known)
            archive.seek(0)
        for message in client.api.load_image(archive):
            if "error" in message:
                raise BuildFailed(f"The Docker Engine refuses {reference}: {message['error']}.")


@contextmanager
def _staying_up(doing: str) -> Iterator[None]:
    """EngineUnavailable when the line to the engine breaks; what it refuses passes through."""
    from docker.errors import APIError
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except APIError:
        raise
    except (RequestException, HTTPError) as error:
        raise EngineUnavailable(
            f"The Docker Engine went away while it was {doing}: {error}. Start it and build again, or do without it "
            "(OciBuilder(load=False) and another base_image than 'docker:...')."
        ) from error


def _has(client: Any, config_digest: str) -> bool:
    from docker.errors import ImageNotFound

    try:
        return bool(client.api.inspect_image(config_digest))
    except ImageNotFound:
        return False


def _layers_there(client: Any, reference: str, config: ImageConfig) -> int:
    """How many of the lowest layers an earlier image of this repository shares with this one."""
    repository = reference.rpartition(":")[0]
    earlier = [client.api.inspect_image(each["Id"]) for each in client.api.images(name=repository)]
    return max((_shared(each["RootFS"].get("Layers") or (), config.diff_ids) for each in earlier), default=0)


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    pairs = zip(first, second, strict=False)
    return next((number for number, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second)))
