import pytest

from infra.contract import Size
from infra.errors import WebserviceFailed
from infra.webservices.configuration import WebserviceDeploymentConfiguration, settings_of, size_of


def test_what_was_given_and_nothing_else(capsys):
    config = WebserviceDeploymentConfiguration(
        "ACI", "d", {"a": "b"}, primary_key="secret", cpu_cores=1, memory_gb=None
    )

    assert config.given() == {"cpu_cores": 1, "primary_key": "secret"}
    assert (config.description, config.tags, config.memory_gb) == ("d", {"a": "b"}, None)
    config.print_deploy_configuration()
    assert capsys.readouterr().out == "cpu_cores: 1\n"


def test_an_image_must_be_one():
    with pytest.raises(WebserviceFailed, match="image cannot be None"):
        WebserviceDeploymentConfiguration.validate_image(None)


def test_sizes_and_settings():
    assert size_of({}) == Size()
    assert size_of({"cpu_cores": 0.1, "memory_gb": 0.5}) == Size(cpu=0.1, memory=2**29)
    assert settings_of({"enable_app_insights": False, "scoring_timeout_ms": 5}) == {"SCORING_TIMEOUT_MS": "5"}
