import pytest

from infra.errors import InvalidDeployment
from infra.platforms.kubernetes_stamp import STAMP, stamped
from infra.targets.kubernetes import target
from tests.support.deployments import image
from tests.support.kubernetes_objects import cluster_spec

VALUES = {"STORAGE": "AccountName=a", "BUS": "sb"}


def stamp(uid="u-1", values=VALUES, **said):
    manifests = target.render(cluster_spec(**said))
    there = {"v1/Secret/diabetes-settings": {"metadata": {"uid": uid}}} if uid else {}
    (pods,) = [each for each in stamped(manifests, there, values) if each.kind.endswith("Deployment")]
    return pods.body["spec"]["template"]["metadata"].get("annotations", {}).get(STAMP)


def test_other_values_and_another_secret_are_another_stamp():
    assert stamp() == stamp()
    assert len({stamp(), stamp(values={**VALUES, "BUS": "other"}), stamp(uid="u-2")}) == 3


def test_without_the_secret_there_is_no_digest_that_could_be_guessed():
    assert stamp(uid="") == stamp(uid="", values={**VALUES, "BUS": "other"}) == "not made yet"


def test_keys_of_functions_are_read_while_pods_run_and_need_none():
    assert stamp(of=image({"http": {}}), settings={}, keda=False) is None
    assert stamp(of=image({"http": {}}), settings=cluster_spec().settings) == stamp()


def test_nothing_else_is_changed_and_nothing_rendered():
    manifests = target.render(cluster_spec())
    there = {"v1/Secret/diabetes-settings": {"metadata": {"uid": "u"}}}
    found = stamped(manifests, there, VALUES)
    assert [one.address for one, other in zip(manifests, found, strict=True) if one != other] == [
        "apps/v1/Deployment/diabetes"
    ]
    assert STAMP not in str(manifests)


def test_a_secret_that_is_not_set():
    with pytest.raises(InvalidDeployment, match="'STORAGE' holds a secret"):
        stamp(values={})
