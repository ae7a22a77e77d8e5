import pytest

from function_host.status import ERROR, RUNNING, HostStatus, disabled_functions
from tests.function_host.functions import http_function


def test_ready_is_running_with_nothing_wrong():
    assert HostStatus(host_id="h", state=RUNNING).is_ready
    assert not HostStatus(host_id="h").is_ready
    assert not HostStatus(host_id="h", state=RUNNING, failures={"f": "broken"}).is_ready
    assert not HostStatus(host_id="h", state=ERROR, app_error="no").is_ready


def test_errors_are_sentences():
    status = HostStatus(host_id="h", failures={"b": "2.", "a": "1."}, app_error="Nothing runs.")
    assert status.errors == [
        "Nothing runs.", "The 'a' function is in error: 1.", "The 'b' function is in error: 2.",
    ]  # fmt: skip


def test_functions_are_found_in_any_case():
    function = http_function("Hello")
    assert HostStatus(host_id="h", functions=[function]).find("hELLO") is function
    assert HostStatus(host_id="h").find("hello") is None


@pytest.mark.parametrize(
    ("settings", "disabled"),
    [
        ({}, False),
        ({"AzureWebJobs.f.Disabled": "true"}, True),
        ({"azurewebjobs.F.disabled": "1"}, True),
        ({"AzureWebJobs_f_Disabled": "True"}, True),
        ({"AzureWebJobs__f__Disabled": "true"}, True),
        ({"AzureWebJobs.f.Disabled": "false"}, False),
        ({"AzureWebJobs.g.Disabled": "true"}, False),
    ],
)
def test_settings_switch_functions_off(settings, disabled):
    assert disabled_functions([http_function("f")], settings) == (frozenset({"f"}) if disabled else frozenset())
