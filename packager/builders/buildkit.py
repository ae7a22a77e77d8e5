"""Build with the BuildKit inside a Docker Engine, which the docker SDK itself does not offer."""

import base64
from collections.abc import Iterator, Mapping
from typing import IO, Any

_OLDEST_API = (1, 39)
_TRACE = "moby.buildkit.trace"
# Fields of BuildKit's StatusResponse, Vertex and VertexLog (moby/buildkit, api/services/control/control.proto).
_VERTEX, _LOG = 1, 3
_VERTEX_NAME, _VERTEX_CACHED, _VERTEX_STARTED = 3, 4, 5
_LOG_TEXT = 4
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


def has_buildkit(client: Any) -> bool:
    """Does the engine build with BuildKit when it is asked to?"""
    version = client.version()
    api = tuple(int(part) for part in version["ApiVersion"].split("."))
    return version["Os"] == "linux" and api >= _OLDEST_API


def build(client: Any, archive: IO[bytes], *, tag: str, network: str | None) -> Iterator[Mapping[str, Any]]:
    """The messages of a build in the words of the classic builder: `stream`, `error`, and at last the image's ID.

    Without a session, as here, BuildKit gives no secrets to a build and pulls no private base: those must be there.
    Raises docker's APIError when the engine refuses.
    """
    api = client.api
    params = {"t": tag, "version": "2", "networkmode": network or "default"}
    # Nothing public of the SDK names the builder's version, and what it does with an answer is not public either.
    response = api._post(  # noqa: SLF001
        api._url("/build"),  # noqa: SLF001
        data=archive,
        params=params,
        headers={"Content-Type": "application/x-tar"},
        stream=True,
        timeout=None,
    )
    api._raise_for_status(response)  # noqa: SLF001
    told: set[str] = set()
    for message in api._stream_helper(response, decode=True):  # noqa: SLF001
        if message.get("id") == _TRACE:
            yield from ({"stream": line} for line in _lines(base64.b64decode(message["aux"]), told))
        else:
            yield message


def _lines(trace: bytes, told: set[str]) -> Iterator[str]:
    """The steps that begin and what they print; each step is told once."""
    for number, part in _fields(trace):
        if number == _VERTEX and isinstance(part, bytes):
            vertex = dict(_fields(part))
            name = _text(vertex.get(_VERTEX_NAME))
            if name and name not in told and (_VERTEX_STARTED in vertex or _VERTEX_CACHED in vertex):
                told.add(name)
                yield f"{name} (cached)" if vertex.get(_VERTEX_CACHED) else name
        elif number == _LOG and isinstance(part, bytes):
            yield _text(dict(_fields(part)).get(_LOG_TEXT))


def _text(value: bytes | int | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else ""


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Number and value of each field of a protobuf message; numbers of fixed length are left out."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind = key & 7
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield key >> 3, value
        elif kind == _BYTES:
            length, position = _varint(message, position)
            yield key >> 3, message[position : position + length]
            position += length
        else:
            position += {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}[kind]


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while message[position] & 0x80:
        value |= (message[position] & 0x7F) << shift
        shift, position = shift + 7, position + 1
    return value | message[position] << shift, position + 1
