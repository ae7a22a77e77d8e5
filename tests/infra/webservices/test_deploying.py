from types import SimpleNamespace

import pytest

from infra.errors import WebserviceFailed
from infra.webservices import AciWebservice, AksWebservice, LocalWebservice, deploy_image, deploy_models


def test_without_a_configuration_it_is_a_container_instance_or_aks(cloud, capsys):
    assert isinstance(deploy_models(None, "one", [], "script", show_output=True), AciWebservice)
    assert isinstance(deploy_models(None, "two", [], "script", deployment_target="cluster"), AksWebservice)
    assert capsys.readouterr().out == "Deploying one (ACI)\n"


def test_an_image_that_is_there(cloud):
    image = SimpleNamespace(image_location="r/x@sha256:0", models=["m:1"])

    service = deploy_image(None, "svc", image, LocalWebservice.deploy_configuration())

    assert (service.image, service.models) == ("r/x@sha256:0", ["m:1"])
    with pytest.raises(WebserviceFailed, match="image cannot be None"):
        deploy_image(None, "none", None)


def test_a_bad_name_or_argument_is_told_before_any_work(cloud):
    with pytest.raises(WebserviceFailed, match="Invalid service name"):
        deploy_models(None, "NO", [], "script")
    assert cloud.made == []
