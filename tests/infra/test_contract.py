import pytest

from infra.contract import AppFunction
from infra.errors import InvalidDeployment
from tests.support.deployments import AZURE_TARGETS, image, rendered, spec
from triggers.contract import Binding

PROXIES = {"HTTP_PROXY": "http://proxy:1", "http_proxy": "http://proxy:1", "NO_PROXY": "a", "no_proxy": "a"}
EVERYWHERE = (*AZURE_TARGETS, "local", "kubernetes", "iot_edge")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AzureWebJobsStorage__accountName", "azureWebJobsStorage:accountname"),
        ("FUNCTIONS_DRAIN_SECONDS", "functions_drain_seconds"),
        ("AzureFunctionsJobHost__functionTimeout", "AzureFunctionsJobHost:FunctionTimeout"),
        ("TriggerConnectionString", "TRIGGERCONNECTIONSTRING"),
        ("TriggerConnectionString__blobServiceUri", "triggerConnectionString:blobServiceUri"),
        ("ConnectionStrings:Data", "CONNECTIONSTRINGS__DATA"),
    ],
)
@pytest.mark.parametrize("target", EVERYWHERE)
def test_settings_that_the_host_reads_in_any_case_are_not_said_twice(target, one, other) -> None:
    with pytest.raises(InvalidDeployment, match=f"'{one}' and '{other}' are one to the app"):
        spec(target, settings={one: "1", other: "2"})


def test_so_are_those_that_a_binding_names() -> None:
    options = {"path": "%Where:Box%/{name}", "connection": "Data"}
    reader = AppFunction(name="f", trigger=Binding(type="blobTrigger", name="b", direction="in", options=options))
    of = image(functions=(reader,), connections={})

    for one, other in (("Data", "DATA"), ("Where__Box", "where:box")):
        with pytest.raises(InvalidDeployment, match=f"'{one}' and '{other}'"):
            spec("local", of=of, settings={one: "1", other: "2"})
    assert len(spec("local", of=of, settings={"Other": "1", "OTHER": "2"}).settings) == 2


@pytest.mark.parametrize("target", EVERYWHERE)
def test_a_process_has_names_in_both_cases(target) -> None:
    assert dict(spec(target, settings=PROXIES).settings) == PROXIES


def test_both_cases_reach_the_container() -> None:
    *_, app = rendered("container_apps", settings=PROXIES).values()
    [container] = app.body["properties"]["template"]["containers"]

    assert PROXIES.items() <= {each["name"]: each.get("value") for each in container["env"]}.items()


@pytest.mark.parametrize("target", ["functions", "app_service"])
def test_a_site_has_no_case_at_all(target) -> None:
    with pytest.raises(InvalidDeployment, match="'HTTP_PROXY' and 'http_proxy' are one to the app"):
        rendered(target, settings=PROXIES)
