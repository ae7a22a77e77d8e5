from infra.targets.kubernetes_names import MANAGED, NAME, labels, made, selector
from tests.support.kubernetes_objects import cluster_spec


def test_pods_are_found_by_what_never_changes():
    first, later = cluster_spec(tags={"team": "a"}), cluster_spec(tags={"team": "b"})
    assert selector(first) == selector(later) == {NAME: "diabetes", MANAGED: "functions-packager"}
    assert labels(first) == {"team": "a", NAME: "diabetes", MANAGED: "functions-packager"}


def test_an_object():
    found = made(cluster_spec(namespace="ml"), "policy/v1/PodDisruptionBudget", {"spec": {}}, annotations={"a": "b"})
    assert found.address == "policy/v1/PodDisruptionBudget/diabetes"
    assert (found.body["apiVersion"], found.body["kind"]) == ("policy/v1", "PodDisruptionBudget")
    assert found.body["metadata"]["namespace"] == "ml"
    assert found.body["metadata"]["annotations"] == {"a": "b"}
    assert "namespace" not in made(cluster_spec(), "v1/Namespace", {}, name="ml").body["metadata"]
