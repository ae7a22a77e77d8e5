import pytest

from infra import deploying
from infra.contract import AppImage
from infra.errors import WebserviceFailed
from infra.webservices.places import TARGETS, deployed_now, new_keys, specified
from infra.webservices.records import ServiceRecord
from tests.support.deployments import ELSEWHERE, image, target_named


def record(compute_type, **arguments):
    return ServiceRecord(name="svc", compute_type=compute_type, image="r/a@sha256:0", arguments=arguments)


def test_each_kind_has_its_target(cloud):
    found = {kind: specified(record(kind)).target for kind in ("Local", "ACI", "AKS", "AKSENDPOINT")}

    assert found == {
        "Local": "local", "ACI": "container_instances", "AKS": "kubernetes", "AKSENDPOINT": "kubernetes",
    }  # fmt: skip
    assert specified(record("AKS"), with_image=False).image.reference == ""


def test_only_kubernetes_scales(cloud):
    assert specified(record("ACI", num_replicas=3)).scale.max_replicas is None
    assert specified(record("AKS", num_replicas=3)).scale.max_replicas == 3


def test_keys_are_made_or_taken():
    assert new_keys("ACI", {}) == new_keys("Local", {}) == new_keys("AKS", {"auth_enabled": False}) == ()
    made, given = new_keys("AKS", {"secondary_key": "mine"})
    assert len(made) >= 32
    assert given == "mine"


def test_an_argument_that_cannot_be_kept(cloud):
    with pytest.raises(WebserviceFailed, match="ssl_enabled=True cannot be kept: put a TLS proxy"):
        specified(record("ACI", ssl_enabled=True))


@pytest.mark.parametrize(
    ("compute_type", "kind"),
    [("Local", "container"), ("ACI", "Microsoft.ContainerInstance/containerGroups"), ("AKS", "apps/v1/Deployment")],
)
def test_the_real_targets_write_their_documents(compute_type, kind, monkeypatch):
    monkeypatch.setattr(deploying, "app_image", lambda name: AppImage(reference=name))
    given = {"cpu_cores": 1, "memory_gb": 1, "cpu_cores_limit": 2, "memory_gb_limit": 2, "period_seconds": 7}
    asked = ServiceRecord(
        name="svc", compute_type=compute_type, image=ELSEWHERE, arguments=given, tags={"team": "a"}, keys=["one", "two"]
    )

    documents = target_named(TARGETS[compute_type]).render(specified(asked))

    assert kind in {each.kind for each in documents}
    assert not {"one", "two"} & set(str(documents).split("'"))
    assert "AML_SERVICE_PRIMARY_KEY" in str(documents)


def test_functions_are_no_web_service(monkeypatch):
    monkeypatch.setattr(deploying, "app_image", lambda name: image({"http": {}}, reference=name))
    with pytest.raises(WebserviceFailed, match="is no web service: it has the function 'score_http', and no /score"):
        deployed_now(record("Local"))
