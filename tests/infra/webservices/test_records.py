from types import SimpleNamespace

import pytest

from infra.errors import WebserviceFailed
from infra.webservices.records import Records, ServiceRecord, checked_name


@pytest.fixture(autouse=True)
def _place(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKAGER_DEPLOYMENTS", str(tmp_path))


def test_they_outlive_the_process_and_are_for_their_owner(tmp_path):
    records = Records(SimpleNamespace(name="my ws"))
    record = ServiceRecord(name="svc", compute_type="ACI", image="a", models=["m:1"], keys=["1", "2"], tags={"a": "b"})

    records.save(record)

    assert Records(SimpleNamespace(name="my ws")).get("svc") == record
    (file,) = tmp_path.rglob("svc.json")
    assert file.stat().st_mode & 0o077 == 0
    assert [*records] == [record]
    assert [*Records(None)] == []
    records.forget("svc")
    records.forget("svc")
    assert records.find("svc") is None


def test_one_that_is_not_there_is_told_with_those_that_are():
    Records(None).save(ServiceRecord(name="other", compute_type="ACI", image="a"))

    with pytest.raises(WebserviceFailed, match=r"WebserviceNotFound: .* name \.\./x not found .* there are other"):
        Records(None).get("../x")


@pytest.mark.parametrize("name", ["ab", "a" * 33, "-abc", "abc-", "Abc", "1abc", "a_c", "../x"])
def test_names_that_no_service_has(name):
    with pytest.raises(WebserviceFailed, match="Invalid service name"):
        checked_name(name)
    assert checked_name("a-1") == "a-1"
