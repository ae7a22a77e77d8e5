import pytest

from packager import InvalidPackageRequest
from packager.azureml.refused import COMPUTE, SERVICES, AnyAuthentication, refused


def test_a_refused_name_says_why():
    service = refused("AciWebservice", SERVICES)()

    with pytest.raises(InvalidPackageRequest, match=r"AciWebservice is not supported: .*packager run"):
        service(workspace=None, name="s")
    with pytest.raises(InvalidPackageRequest, match=r"AciWebservice\.deploy_configuration is not supported"):
        service.deploy_configuration(cpu_cores=1)


def test_it_is_a_class_like_others():
    target = refused("ComputeTarget", COMPUTE)()

    assert target.__name__ == "ComputeTarget"
    assert not isinstance(1, target)
    assert not hasattr(target, "__wrapped__")


def test_signing_in_takes_anything():
    assert AnyAuthentication("tenant", service_principal_id="x", service_principal_password="y")
