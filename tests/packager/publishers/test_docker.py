import pytest

from packager import PublishFailed
from packager.image_reference import ImageReference
from packager.publishers.docker import _digest

TO = ImageReference(repository="localhost:5000/m", tag="1")


def test_the_digest_comes_from_the_engines_messages():
    lines: list[str] = []
    messages = [
        {"status": "The push refers to repository [localhost:5000/m]"},
        {"status": "Pushing", "progressDetail": {"current": 1}},
        {"aux": {"Tag": "1", "Digest": "sha256:1", "Size": 10}},
    ]

    assert _digest(messages, TO, lines.append) == "sha256:1"
    assert lines == ["The push refers to repository [localhost:5000/m]"]


def test_the_registrys_words_are_kept():
    with pytest.raises(PublishFailed, match=r"localhost:5000/m:1 .*denied.*docker login localhost:5000"):
        _digest([{"error": "denied"}], TO, lambda _: None)


def test_a_push_without_a_digest_is_a_failure():
    with pytest.raises(PublishFailed, match="named no digest"):
        _digest([], TO, lambda _: None)
