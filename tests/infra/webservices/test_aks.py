import pytest

from infra.contract import Scale
from infra.errors import WebserviceFailed
from infra.webservices import AksWebservice, deploy_models

CONFIG = AksWebservice.deploy_configuration


def deployed(**given):
    return deploy_models(None, "svc", [], "script", deployment_config=CONFIG(**given))


@pytest.mark.parametrize(
    ("given", "scale"),
    [
        ({}, Scale(min_replicas=1, max_replicas=10, target_utilization=70)),
        ({"num_replicas": 3}, Scale(min_replicas=3, max_replicas=3)),
        ({"autoscale_enabled": False}, Scale(min_replicas=1, max_replicas=1)),
        (
            {"autoscale_min_replicas": 2, "autoscale_max_replicas": 4, "autoscale_target_utilization": 50},
            Scale(min_replicas=2, max_replicas=4, target_utilization=50),
        ),
    ],
)
def test_autoscaling_is_the_targets_scale(cloud, given, scale):
    service = deployed(**given)

    assert cloud.specs["svc"].scale == scale
    assert cloud.specs["svc"].target == "kubernetes"
    assert (service.autoscaler.min_replicas, service.autoscaler.max_replicas) == (
        scale.min_replicas,
        scale.max_replicas,
    )
    assert service.autoscaler.autoscale_enabled == given.get("autoscale_enabled", "num_replicas" not in given)


def test_callers_are_asked_for_a_key_by_default(cloud):
    service = deployed(scoring_timeout_ms=500, period_seconds=5, collect_model_data=True, memory_gb_limit=2)
    first, second = service.get_keys()

    service.regen_key("PRIMARY")
    service.regen_key("secondary", "mine")

    assert service.get_keys()[0] != first
    assert service.get_keys()[1] == "mine" != second
    assert cloud.lent[-1]["AML_SERVICE_SECONDARY_KEY"] == "mine"
    assert cloud.specs["svc"].settings["SCORING_TIMEOUT_MS"] == "500"
    assert service.liveness_probe_requirements.period_seconds == 5
    assert (cloud.specs["svc"].options.period_seconds, cloud.specs["svc"].options.memory_limit) == (5, 2 << 30)
    assert service.data_collection.storage_enabled is True
    with pytest.raises(WebserviceFailed, match="invalid value 'third'"):
        service.regen_key("third")
    for call in (service.get_token, service.get_access_token):
        with pytest.raises(NotImplementedError, match="get_keys"):
            call()


def test_an_update(cloud):
    service = deployed(num_replicas=1)

    service.update(num_replicas=2, cpu_cores=1)

    assert cloud.specs["svc"].scale.max_replicas == 2
    assert cloud.specs["svc"].size.cpu == 1


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(WebserviceFailed) as caught:
        CONFIG(
            cpu_cores=0, auth_enabled=True, token_auth_enabled=True, namespace="-x", num_replicas=1,
            autoscale_min_replicas=5, autoscale_max_replicas=2, autoscale_target_utilization=101, memory_gb=2,
            memory_gb_limit=1,
        )  # fmt: skip

    told = str(caught.value).splitlines()
    assert told[0] == "Invalid configuration:"
    assert len(told) == 9
    assert "memory_gb_limit cannot be less than memory_gb." in told


def test_scaling_that_is_off_has_no_numbers():
    with pytest.raises(
        WebserviceFailed, match="autoscale_max_replicas cannot be given when autoscale_enabled is False"
    ):
        CONFIG(autoscale_enabled=False, autoscale_max_replicas=2)


def test_accelerators_are_refused(cloud):
    with pytest.raises(WebserviceFailed, match="gpu_cores=1 cannot be kept"):
        deployed(gpu_cores=1)
