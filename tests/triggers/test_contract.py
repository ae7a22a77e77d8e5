import dataclasses

import pytest

from triggers.contract import Binding, Event, FunctionResult


@pytest.mark.parametrize(("kind", "trigger"), [("blobTrigger", True), ("HTTPTRIGGER", True), ("blob", False)])
def test_a_trigger_is_known_by_its_type(kind, trigger):
    assert Binding(type=kind, name="x", direction="IN").is_trigger is trigger


@pytest.mark.parametrize(("options", "text"), [({}, "d"), ({"k": ""}, "d"), ({"k": None}, "d"), ({"k": 5}, "5")])
def test_an_option_is_text_with_a_default(options, text):
    assert Binding(type="x", name="x", direction="IN", options=options).option("k", "d") == text


def test_a_result_without_an_error_succeeded():
    assert FunctionResult(value=None).succeeded
    assert not FunctionResult(error=KeyError()).succeeded


def test_events_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Event(id="1", data=b"").attempt = 2
