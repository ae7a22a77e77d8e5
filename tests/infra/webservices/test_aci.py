import pytest

from infra.contract import Secret
from infra.errors import WebserviceFailed
from infra.webservices import AciWebservice, deploy_models

CONFIG = AciWebservice.deploy_configuration


def deployed(config, image="script"):
    return deploy_models(None, "svc", ["m:1"], image, deployment_config=config)


def test_arguments_go_where_they_belong(cloud):
    service = deployed(
        CONFIG(
            cpu_cores=1.5, memory_gb=2, tags={"team": "a"}, properties={"p": 1}, description="d", location="norway",
            auth_enabled=True, enable_app_insights=True, dns_name_label="label", primary_key="one",
            collect_model_data=True,
        )
    )  # fmt: skip
    spec = cloud.specs["svc"]

    assert (spec.target, spec.size.cpu, spec.size.memory) == ("container_instances", 1.5, 2 << 30)
    assert (spec.options.region, spec.options.dns_label, spec.tags) == ("norway", "label", {"team": "a"})
    assert spec.settings == {
        "SERVICE_NAME": "svc",
        "AML_APP_INSIGHTS_ENABLED": "true",
        "AML_MODEL_DC_STORAGE_ENABLED": "true",
        "AML_SERVICE_PRIMARY_KEY": Secret(variable="AML_SERVICE_PRIMARY_KEY"),
        "AML_SERVICE_SECONDARY_KEY": Secret(variable="AML_SERVICE_SECONDARY_KEY"),
    }
    assert cloud.lent[0]["AML_SERVICE_PRIMARY_KEY"] == "one"
    assert (service.state, service.compute_type, service.tags) == ("Healthy", "ACI", {"team": "a"})
    assert (service.description, service.properties, service.models) == ("d", {"p": "1"}, ["m:1"])
    assert service.location == "norway"
    assert (service.container_resource_requirements.cpu, service.public_fqdn) == (1.5, "127.0.0.1")
    assert service.get_keys()[0] == "one"
    assert cloud.made[0][2] == {"image_name": "svc", "publish_to": "r.example"}


def test_nobody_is_asked_for_a_key_by_default(cloud):
    service = deployed(CONFIG())

    assert service.auth_enabled is False
    assert "AML_SERVICE_PRIMARY_KEY" not in cloud.specs["svc"].settings
    assert (service.encryption_properties, service.vnet_configuration) == (None, None)
    with pytest.raises(WebserviceFailed, match="auth_enabled=False"):
        service.get_keys()
    with pytest.raises(NotImplementedError, match="Token"):
        service.get_token()


def test_an_update_replaces_what_is_given(cloud):
    service = deployed(CONFIG(cpu_cores=1, properties={"a": "1"}))

    service.update(auth_enabled=True, tags={"new": "tag"}, properties={"a": "2"}, description="now")
    keys = service.get_keys()
    service.update(enable_app_insights=True)
    service.update(image="r.example/other@sha256:1")

    spec = cloud.specs["svc"]
    assert (spec.size.cpu, spec.image.reference) == (1, "r.example/other@sha256:1")
    assert service.get_keys() == keys
    assert spec.tags == {"new": "tag"}
    assert (service.properties, service.description) == ({"a": "2"}, "now")
    service.update(auth_enabled=False)
    assert not service.auth_enabled


def test_an_update_with_models_packages_again(cloud):
    service = deployed(CONFIG())

    service.update(models=["m:2"])

    assert [each[:2] for each in cloud.made] == [(["m:1"], "script"), (["m:2"], "script")]
    assert service.models == ["m:2"]
    assert cloud.specs["svc"].image.reference == "r.example/svc-2@sha256:0"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "No parameters"),
        ({"image": "a", "models": []}, "pass either image"),
        ({"ssl_enabled": True}, "must provide a SSL certificate"),
    ],
)
def test_an_update_that_cannot_be(cloud, given, told):
    service = deployed(CONFIG())

    with pytest.raises(WebserviceFailed, match=told):
        service.update(**given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"cpu_cores": 0, "memory_gb": -1}, r"cpu_cores must be greater than 0\.\nmemory_gb must be greater than 0\."),
        ({"ssl_enabled": True, "ssl_cname": "c"}, "SSL is enabled, you must provide a SSL certificate, key, and cname"),
        ({"cmk_vault_base_url": "v"}, "provided together; cmk_key_name, cmk_key_version is missing"),
        ({"vnet_name": "v"}, "vnet_name, subnet_name must be provided together"),
    ],
)
def test_a_configuration_that_cannot_be(given, told):
    with pytest.raises(WebserviceFailed, match=told):
        CONFIG(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"ssl_enabled": True, "ssl_cert_pem_file": "c", "ssl_key_pem_file": "k", "ssl_cname": "n"},
        {"cmk_vault_base_url": "v", "cmk_key_name": "n", "cmk_key_version": "1"},
        {"vnet_name": "v", "subnet_name": "s"},
    ],
)
def test_what_no_target_can_keep_is_refused_before_any_work(cloud, given):
    with pytest.raises(WebserviceFailed, match="cannot be kept"):
        deployed(CONFIG(**given))

    assert cloud.made == []
