import pytest
from azure.servicebus._base_handler import _generate_sas_token

from infra.emulators.service_bus.cbs import SharedKey, TokenDesk, anyone
from infra.emulators.service_bus.message import Message, Properties, value_body

RESOURCE = "sb://127.0.0.1:5672/queue with ä"


def token(key: str = "the key", **fields: str) -> str:
    """As the real client makes it."""
    made = _generate_sas_token(RESOURCE, "policy", key).token
    text = made.decode() if isinstance(made, bytes) else made
    for name, value in fields.items():
        text = "&".join(f"{name}={value}" if part.startswith(f"{name}=") else part for part in text.split("&"))
    return text


def request(body: object) -> Message:
    return Message(body=value_body(body), properties=Properties(message_id="m1"))


def test_the_right_key() -> None:
    assert SharedKey("the key")(token()) is None


@pytest.mark.parametrize(
    ("brought", "why"),
    [
        (token("another key"), "not made with the key"),
        (token(se="1"), "not made with the key"),
        ("eyJhbGciOi.JSON.webtoken", "no shared access signature"),
        ("SharedAccessSignature sr=only", "no shared access signature"),
        ("SharedAccessSignature sr=a&sig=ä&se=9", "not made with the key"),
        ("SharedAccessSignature s%72=a&sig=b&se=9", "not made with the key"),
        ("", "no shared access signature"),
    ],
)
def test_what_is_not_taken(brought, why) -> None:
    assert why in (SharedKey("the key")(brought) or "")


def test_a_token_that_is_over() -> None:
    text = _generate_sas_token(RESOURCE, "policy", "the key").token
    expiry = next(part for part in str(text).split("&") if part.startswith("se=")).removeprefix("se=")
    judge = SharedKey("the key", now=lambda: float(expiry) + 1)

    assert "expired" in (judge(str(text)) or "")


def test_anyone_is_anyone() -> None:
    assert anyone("") is None


def test_a_good_token_opens() -> None:
    desk = TokenDesk(SharedKey("the key"))
    assert not desk.authorized
    answer = desk.answer(request(token()))

    assert answer.application_properties == {"status-code": 202, "status-description": "Accepted"}
    assert answer.properties.correlation_id == "m1"
    assert desk.authorized


def test_a_bad_token_opens_nothing() -> None:
    desk = TokenDesk(SharedKey("the key"))
    answer = desk.answer(request(b"bad"))

    assert answer.application_properties["status-code"] == 401
    assert not desk.authorized


def test_without_a_key_nobody_has_to_bring_a_token() -> None:
    assert TokenDesk(anyone).authorized
