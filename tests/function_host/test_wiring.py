"""function_host.wiring; whole functions are run in test_host.py"""

from pathlib import Path

import pytest

from function_host.config import HostConfig
from function_host.errors import AppLoadError
from function_host.functions import Function
from function_host.threads import FunctionThreads
from function_host.wiring import WARM_UP, Wiring
from triggers.contract import Binding
from triggers.errors import TriggerError


@pytest.fixture
def threads():
    threads = FunctionThreads(1)
    yield threads
    threads.close()


@pytest.fixture
def wiring(tmp_path: Path) -> Wiring:
    return Wiring(
        tmp_path,
        HostConfig(),
        {"Route": "from/settings", "Store": f"folder:{tmp_path}"},
        "host",
        metrics=None,
        shared=None,
        threads=3,
    )


def function(trigger: str, *others: Binding, **options: object) -> Function:
    given = Binding(type=trigger, name="given", direction="IN", options=options)
    return Function(
        name="f", call=lambda **_: None, trigger=given, inputs=tuple(o for o in others if o.direction == "IN"),
        outputs=tuple(o for o in others if o.direction == "OUT"), hints={}, is_async=False, takes_context=False,
    )  # fmt: skip


def test_settings_are_filled_into_bindings(wiring, threads):
    made = wiring.dispatcher(function("httpTrigger", route="%Route%"), threads)
    assert made.function.trigger.options["route"] == "from/settings"


def test_a_warm_up_function_needs_no_adapter(wiring, threads):
    assert wiring.dispatcher(function(WARM_UP), threads).function.name == "f"


def test_what_nobody_serves_is_refused(wiring, threads):
    with pytest.raises(TriggerError, match="'smokeTrigger'"):
        wiring.dispatcher(function("smokeTrigger"), threads)


@pytest.mark.parametrize(("kind", "direction", "told"), [("queue", "IN", "only outputs")])
def test_a_binding_in_the_wrong_direction_is_refused(wiring, threads, kind, direction, told):
    other = Binding(type=kind, name="other", direction=direction, options={"queueName": "q"})
    with pytest.raises(AppLoadError, match=told):
        wiring.dispatcher(function("httpTrigger", other), threads)


def test_a_trigger_is_told_where_its_function_writes(wiring, threads):
    out = Binding(type="blob", name="out", direction="OUT", options={"path": "input/{n}_out", "connection": "Store"})
    dispatcher = wiring.dispatcher(function("blobTrigger", out, path="input/{n}", connection="Store"), threads)
    with pytest.raises(TriggerError, match="answer itself without end"):
        wiring.listener(dispatcher)


async def test_a_text_becomes_the_event_of_the_trigger(wiring):
    assert (await wiring.event_of(function(WARM_UP), "by hand")).data == "by hand"
    event = await wiring.event_of(function("queueTrigger", queueName="q"), "body")
    assert event.metadata["QueueTrigger"] == "body"
