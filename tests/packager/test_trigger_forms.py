import inspect
from dataclasses import fields

import pytest

from packager import (
    BlobTrigger,
    HttpTrigger,
    InvalidPackageRequest,
    OtherTrigger,
    ServiceBusQueueTrigger,
    StorageQueueTrigger,
    TimerTrigger,
    package,
)
from packager.trigger_forms import trigger_table


@pytest.mark.parametrize("form", [HttpTrigger, BlobTrigger, ServiceBusQueueTrigger, StorageQueueTrigger, TimerTrigger])
def test_a_form_has_the_options_of_its_trigger(form):
    from triggers.registry import by_name

    assert {each.name for each in fields(form)} == set(inspect.signature(by_name(form.name).options).parameters)


def test_several_triggers_in_one_package(inference_config):
    triggers = [
        HttpTrigger(auth_level="anonymous"),
        BlobTrigger(input_path="input/{n}.json", output_path="output/{n}.json"),
    ]

    made = package(None, [], inference_config, generate_dockerfile=True, triggers=triggers)

    app = (made.context / "function_app.py").read_text()
    assert 'http={"auth_level": "anonymous"}' in app
    assert 'blob={"input_path": "input/{n}.json", "output_path": "output/{n}.json"}' in app


def test_what_was_not_given_is_left_to_the_trigger():
    assert trigger_table([TimerTrigger(), OtherTrigger(name="theirs", options={"a": 1})]) == {
        "timer": {},
        "theirs": {"a": 1},
    }
    assert trigger_table([TimerTrigger(run_on_startup=False)]) == {"timer": {"run_on_startup": False}}


def test_one_of_each_kind():
    with pytest.raises(InvalidPackageRequest, match="holds 'http' twice"):
        trigger_table([HttpTrigger(), HttpTrigger(route="b")])


def test_what_is_no_trigger_is_named():
    with pytest.raises(InvalidPackageRequest, match=r"holds 'http', which is no trigger such as HttpTrigger\(\)"):
        trigger_table(["http"])
