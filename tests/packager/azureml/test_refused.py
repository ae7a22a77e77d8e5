import pytest

from packager import InvalidPackageRequest
from packager.azureml.refused import COMPUTE, TRAINING, AnyAuthentication, refused


def test_a_refused_name_says_why():
    experiment = refused("Experiment", TRAINING)()

    with pytest.raises(InvalidPackageRequest, match=r"Experiment is not supported: .*Model\.register"):
        experiment(workspace=None, name="s")
    with pytest.raises(InvalidPackageRequest, match=r"Experiment\.list is not supported"):
        experiment.list(None)


def test_it_is_a_class_like_others():
    target = refused("ComputeTarget", COMPUTE)()

    assert target.__name__ == "ComputeTarget"
    assert not isinstance(1, target)
    assert not hasattr(target, "__wrapped__")


def test_signing_in_takes_anything():
    assert AnyAuthentication("tenant", service_principal_id="x", service_principal_password="y")
