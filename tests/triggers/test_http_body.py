import pytest

from triggers import http_body
from triggers.http_body import BodyTooLarge, ClientGone, SpooledBody, read_body


def _receive(*chunks: bytes):
    messages = [{"type": "http.request", "body": c, "more_body": i < len(chunks) - 1} for i, c in enumerate(chunks)]

    async def receive():
        return messages.pop(0)

    return receive


@pytest.mark.parametrize("chunks", [(b"",), (b"abc",), (b"a", b"", b"bc")])
async def test_a_small_body_is_bytes(chunks):
    assert await read_body(_receive(*chunks)) == b"".join(chunks)


async def test_a_large_body_waits_on_disk(monkeypatch):
    monkeypatch.setattr(http_body, "_MEMORY_LIMIT", 3)
    body = await read_body(_receive(b"ab", b"cd"))
    assert isinstance(body, SpooledBody)
    assert (body.read(), body.read()) == (b"abcd", b"abcd")
    body.close()


@pytest.mark.parametrize("chunks", [(b"abcd",), (b"ab", b"cd", b"never read")])
async def test_a_body_over_the_limit_is_refused(chunks):
    with pytest.raises(BodyTooLarge):
        await read_body(_receive(*chunks), limit=3)


@pytest.mark.parametrize("arrived", [[], [b"half"], [b"half", b"more"]])
async def test_a_client_that_hangs_up_leaves_no_half_body(arrived):
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in arrived]
    messages.append({"type": "http.disconnect"})

    async def receive():
        return messages.pop(0)

    with pytest.raises(ClientGone):
        await read_body(receive)
