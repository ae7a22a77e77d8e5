import pytest

from infra.errors import PlatformUnavailable, WebserviceFailed
from infra.webservices import AksEndpoint, Webservice, aks_endpoint, deploy_models


@pytest.fixture
def endpoint(cloud):
    config = AksEndpoint.deploy_configuration(version_name="one", traffic_percentile=80, cpu_cores=1)
    return deploy_models(None, "end", ["m:1"], "script", deployment_config=config)


def test_its_first_version_is_the_default(endpoint, cloud):
    assert isinstance(endpoint, AksEndpoint)
    assert {name: each.is_default for name, each in endpoint.versions.items()} == {"one": True}
    assert [*cloud.states] == ["end"]


def test_versions_are_deployed_beside_it_with_their_shares(endpoint, cloud, monkeypatch):
    endpoint.create_version("two", traffic_percentile=20, cpu_cores=2, models=["m:2"])
    endpoint.create_version("three", is_default=True)
    shares = []
    monkeypatch.setattr(aks_endpoint.random, "choices", lambda names, given: shares.append((names, given)) or ["two"])
    monkeypatch.setattr(aks_endpoint, "answer", lambda url, body, keys: (url, body, keys))

    answered = endpoint.run("body")

    assert [*cloud.states] == ["end", "end-two", "end-three"]
    assert cloud.specs["end-two"].size.cpu == 2
    assert cloud.specs["end-three"].image.reference == cloud.specs["end"].image.reference
    assert shares == [(["one", "two", "three"], [80, 20, 0])]
    assert answered == ("http://127.0.0.1:1/score", "body", endpoint.get_keys())
    assert Webservice(None, "end").versions.keys() == {"one", "two", "three"}


def test_a_version_is_changed_and_taken_away(endpoint, cloud):
    endpoint.create_version("two", traffic_percentile=20)

    endpoint.update_version("two", traffic_percentile=10, memory_gb=1)
    endpoint.update_version("one", traffic_percentile=90)

    assert {name: each.traffic_percentile for name, each in endpoint.versions.items()} == {"one": 90, "two": 10}
    assert cloud.specs["end-two"].size.memory == 1 << 30
    endpoint.delete_version("two")
    assert [*cloud.states] == ["end"]
    endpoint.create_version("two")
    endpoint.delete()
    assert cloud.states == {}


def test_the_endpoint_itself_is_changed(endpoint):
    endpoint.update(description="now", tags={"a": "b"})

    assert (endpoint.description, endpoint.tags) == ("now", {"a": "b"})


def test_what_cannot_be(endpoint):
    endpoint.create_version("two", traffic_percentile=60)
    for call, told in (
        (lambda: endpoint.create_version("two"), "has a version 'two' already"),
        (lambda: endpoint.create_version("x", traffic_percentile=50), "makes 110 of 100"),
        (lambda: endpoint.update_version("x"), "has no version 'x': one, two"),
        (lambda: endpoint.delete_version("one"), "default or first"),
        (lambda: AksEndpoint.deploy_configuration(traffic_percentile=101), "from 0 to 100"),
    ):
        with pytest.raises(WebserviceFailed, match=told):
            call()


def test_a_version_that_never_answers_is_told(endpoint):
    endpoint.create_version("two")
    endpoint._record = aks_endpoint.replace(endpoint._record, image="broken:1")

    with pytest.raises(WebserviceFailed, match="'bad' of end did not come up"):
        endpoint.create_version("bad")


def test_it_can_be_forgotten_although_its_cluster_does_not_answer(endpoint, cloud, monkeypatch):
    def gone(spec):
        raise PlatformUnavailable("No answer.")

    endpoint.create_version("two")
    monkeypatch.setattr(cloud, "remove", gone)
    with pytest.warns(UserWarning, match="packager deploy delete") as told:
        endpoint.delete()

    assert any("--name end-two'" in str(each.message) for each in told)
    assert Webservice.list(None) == []
