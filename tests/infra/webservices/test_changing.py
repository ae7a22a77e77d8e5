import pytest

from infra.errors import WebserviceFailed
from infra.webservices.aci import AciServiceDeploymentConfiguration
from infra.webservices.changing import changed
from infra.webservices.records import ServiceRecord

RECORD = ServiceRecord(
    name="svc", compute_type="ACI", image="r/a@sha256:0", arguments={"cpu_cores": 1}, tags={"a": "1"}
)


def change(**given):
    return changed(None, RECORD, AciServiceDeploymentConfiguration, given)


@pytest.mark.usefixtures("cloud")
def test_what_is_not_given_stays():
    updated = change(description="d", ssl_cname="c")

    assert updated.arguments == {"cpu_cores": 1, "ssl_cname": "c"}
    assert (updated.tags, updated.image, updated.description) == ({"a": "1"}, "r/a@sha256:0", "d")
    assert change(tags={"b": 2}).tags == {"b": "2"}


@pytest.mark.usefixtures("cloud")
def test_it_is_checked_as_if_it_were_new():
    with pytest.raises(WebserviceFailed, match="cpu_cores must be greater"):
        change(cpu_cores=0)
    with pytest.raises(WebserviceFailed, match="cannot be kept"):
        change(vnet_name="v", subnet_name="s")
