import pytest

from triggers.errors import InvalidOptions, UnreadableMessage
from triggers.queue_encoding import MessageEncoding


@pytest.mark.parametrize(("name", "text"), [("Base64", "w7w="), ("none", "ü")])
def test_what_is_encoded_is_decoded_again(name, text):
    encoding = MessageEncoding.parse(name)
    assert encoding.encode("ü".encode()) == text
    assert encoding.decode(text) == "ü".encode()


@pytest.mark.parametrize("text", ["plain text", '{"a": 1}', "abc"])
def test_what_is_no_base64_is_told_with_the_way_out(text):
    with pytest.raises(UnreadableMessage, match=r"set it to 'none' in host\.json"):
        MessageEncoding.BASE64.decode(text)


def test_another_encoding_is_refused():
    with pytest.raises(InvalidOptions, match="messageEncoding is 'hex'"):
        MessageEncoding.parse("hex")
