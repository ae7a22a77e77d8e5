import uuid

import pytest

from infra.emulators.service_bus.amqp.errors import AmqpError
from infra.emulators.service_bus.amqp.types import Array, Long
from infra.emulators.service_bus.message import Message, value_body
from infra.emulators.service_bus.requests import Request

TOKEN = uuid.UUID(int=1)


def request(**fields: object) -> Request:
    return Request("op", {name.replace("_", "-"): value for name, value in fields.items()}, None)


def test_a_message_is_a_request() -> None:
    about = {"operation": "op", "associated-link-name": "link"}
    made = Request.of(Message(body=value_body({"a": 1}), application_properties=about))

    assert (made.operation, made.fields, made.link_name) == ("op", {"a": 1}, "link")


@pytest.mark.parametrize(("operation", "body"), [(None, {}), (7, {}), ("op", [1])])
def test_a_message_that_is_no_request(operation, body) -> None:
    with pytest.raises(AmqpError, match="needs the application property"):
        Request.of(Message(body=value_body(body), application_properties={"operation": operation}))


def test_fields_have_types() -> None:
    assert request(a=1).get("a", int) == 1
    assert request().optional("a", int) is None
    with pytest.raises(AmqpError, match="`a` is missing"):
        request().get("a", int)
    with pytest.raises(AmqpError, match="`a` is 'x', no int"):
        request(a="x").optional("a", int)


@pytest.mark.parametrize("tokens", [[TOKEN], Array(uuid.UUID, (TOKEN,))])
def test_many_are_a_list_or_an_array(tokens) -> None:
    assert request(lock_tokens=tokens).lock_tokens() == [TOKEN]


@pytest.mark.parametrize("numbers", [None, 7, [1, "x"], Array(str, ("x",))])
def test_many_of_something_else(numbers) -> None:
    with pytest.raises(AmqpError, match="no list of int"):
        request(sequence_numbers=numbers).sequence_numbers()


def test_sequence_numbers() -> None:
    assert request(sequence_numbers=Array(Long, (Long(1), Long(2)))).sequence_numbers() == [1, 2]
