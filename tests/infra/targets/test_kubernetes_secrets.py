from infra.contract import RegistryLogin, Secret
from infra.targets.kubernetes_secrets import pull_secret_name, secret_manifests, secret_settings
from tests.support.kubernetes_objects import CONNECTIONS, cluster_spec

LOGIN = RegistryLogin(server="r.example.com", username="me", password=Secret(variable="PW"))


def test_settings_that_are_secrets():
    spec = cluster_spec(settings={**CONNECTIONS, "LOG": "1"})
    assert dict(secret_settings(spec)) == CONNECTIONS
    (manifest,) = secret_manifests(spec, spec.options)
    assert manifest.body["stringData"] == CONNECTIONS
    assert manifest.name == "diabetes-settings"


def test_the_login_of_the_registry():
    spec = cluster_spec(registry=LOGIN)
    assert pull_secret_name(spec, spec.options) == "diabetes-registry"
    assert secret_manifests(spec, spec.options)[1].body["stringData"]["password"] == Secret(variable="PW")
    there = cluster_spec(registry=LOGIN, pull_secret="team")
    assert pull_secret_name(there, there.options) == "team"
    assert len(secret_manifests(there, there.options)) == 1
