import pytest

from packager import InvalidPackageRequest
from packager import services as module
from packager.services import services


def test_whoever_deploys_is_found_by_name():
    assert callable(services().deploy_models)
    assert services().Webservice.__name__ == "Webservice"


def test_an_installation_without_it_says_so(monkeypatch):
    monkeypatch.setattr(module, "entry_points", lambda group: [])

    with pytest.raises(InvalidPackageRequest, match=r"packager\.services"):
        services()
