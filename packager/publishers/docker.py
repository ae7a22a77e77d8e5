"""Push an image from a Docker Engine to a registry."""

from collections.abc import Iterable, Mapping
from typing import Any

from packager.builders.contract import BuiltImage, Log
from packager.docker_engine import connect
from packager.errors import PublishFailed
from packager.image_reference import ImageReference


class DockerPublisher:
    """Pushes with the engine that built; credentials are those of `docker login`."""

    def __init__(self, client: Any = None) -> None:
        self._client = client

    def publish(self, image: BuiltImage, to: ImageReference, log: Log) -> str:
        from docker.errors import APIError

        self._client = self._client or connect()
        try:
            self._client.api.tag(image.id, to.repository, to.tag, force=True)
            messages = self._client.api.push(to.repository, tag=to.tag, stream=True, decode=True)
            return f"{to.repository}@{_digest(messages, to, log)}"
        except APIError as error:
            raise PublishFailed(f"The Docker Engine refused to push {to}: {error.explanation or error}.") from error


def _digest(messages: Iterable[Mapping[str, Any]], to: ImageReference, log: Log) -> str:
    digest = ""
    for message in messages:
        if "error" in message:
            raise PublishFailed(
                f"{to} could not be published: {message['error']}. Is the registry up, and are you logged in "
                f"('docker login {to.repository.partition('/')[0]}')?"
            )
        if message.get("status") and "progressDetail" not in message:
            log(str(message["status"]))
        digest = message.get("aux", {}).get("Digest", digest)
    if not digest:
        raise PublishFailed(f"The registry took {to} but named no digest.")
    return digest
