import base64
import io

import pytest

from packager.builders import buildkit

STEP = "[2/3] COPY a.txt /a.txt"


def number(key: int, value: int) -> bytes:
    return bytes([key << 3]) + _varint(value)


def text(key: int, value: str | bytes) -> bytes:
    data = value if isinstance(value, bytes) else value.encode()
    return bytes([key << 3 | 2]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    found = b""
    while value > 0x7F:
        found += bytes([value & 0x7F | 0x80])
        value >>= 7
    return found + bytes([value])


def vertex(name: str, *, started: bool = True, cached: bool = False) -> bytes:
    parts = text(1, "sha256:1") + text(3, name)
    if cached:
        parts += number(4, 1)
    if started:
        parts += text(5, number(1, 1_795_295_478))
    return text(1, parts)


def log(line: str) -> bytes:
    # The time is a message, the stream a number; a field of eight bytes is of no version we know and skipped.
    return text(3, text(1, "sha256:1") + text(2, number(1, 5)) + number(3, 1) + b"\x31" + bytes(8) + text(4, line))


class Engine:
    """Answers one build with what it was given; also stands for its own `api`."""

    def __init__(self, *messages, api: str = "1.41", system: str = "linux") -> None:
        self.messages = messages
        self.params: dict[str, str] = {}
        self._version = {"ApiVersion": api, "Os": system}

    @property
    def api(self) -> "Engine":
        return self

    def version(self) -> dict[str, str]:
        return self._version

    def _url(self, path: str) -> str:
        return path

    def _post(self, url, *, params, **options):
        self.params = params
        return url

    def _raise_for_status(self, response) -> None:
        assert response == "/build"

    def _stream_helper(self, response, *, decode):
        return iter(self.messages)


def trace(*parts: bytes) -> dict[str, str]:
    return {"id": "moby.buildkit.trace", "aux": base64.b64encode(b"".join(parts)).decode()}


def lines(*messages) -> list[str]:
    return [
        message.get("stream", "")
        for message in buildkit.build(Engine(*messages), io.BytesIO(), tag="a:1", network=None)
    ]


def test_a_step_is_told_when_it_begins_and_once():
    assert lines(trace(vertex(STEP, started=False)), trace(vertex(STEP)), trace(vertex(STEP))) == [STEP]


def test_a_cached_step_says_so():
    assert lines(trace(vertex(STEP, started=False, cached=True))) == [f"{STEP} (cached)"]


def test_what_a_step_prints_is_told():
    assert lines(trace(vertex(STEP), log("hello\n" * 40))) == [STEP, "hello\n" * 40]


def test_other_messages_come_as_they_are():
    done = {"id": "moby.image.id", "aux": {"ID": "sha256:2"}}

    assert list(buildkit.build(Engine(done), io.BytesIO(), tag="a:1", network="none")) == [done]


@pytest.mark.parametrize(("network", "mode"), [("none", "none"), (None, "default")])
def test_the_network_and_the_tag_are_asked_for(network, mode):
    engine = Engine()
    list(buildkit.build(engine, io.BytesIO(), tag="a:1", network=network))

    assert engine.params == {"t": "a:1", "version": "2", "networkmode": mode}


@pytest.mark.parametrize(
    ("api", "system", "there"), [("1.41", "linux", True), ("1.38", "linux", False), ("1.41", "windows", False)]
)
def test_old_engines_and_those_of_windows_have_none(api, system, there):
    assert buildkit.has_buildkit(Engine(api=api, system=system)) is there
