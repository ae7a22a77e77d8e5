import dataclasses

import pytest

from triggers.contract import Binding, Event, FunctionResult, HandRun, text_event


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


async def test_a_text_is_an_event_of_its_own():
    trigger = Binding(type="pigeonTrigger", name="x", direction="IN")
    run = HandRun(function="f", binding=trigger, settings={}, text="coo")
    first, second = await text_event(run), await text_event(run)
    assert (first.data, second.data) == ("coo", "coo")
    assert first.id != second.id
