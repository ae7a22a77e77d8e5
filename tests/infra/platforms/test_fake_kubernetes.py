"""What stands in for a cluster does as a cluster does."""

from tests.support.rolling import Rolling
from tests.support.server_side_apply import FieldManagers


def test_what_is_said_no_more_goes_what_others_said_or_changed_stays():
    managers = FieldManagers()
    known = managers.apply({}, "us", {"a": 1, "b": {"c": 1, "d": 2}, "e": {"f": 1}, "g": 1})
    known = managers.apply(known, "them", {"b": {"x": 3}, "g": 1})
    known["a"] = 5
    assert managers.apply(known, "us", {"b": {"c": 1}}) == {"a": 5, "b": {"c": 1, "x": 3}, "g": 1}


def test_lists_are_merged_by_name_others_are_replaced():
    managers = FieldManagers()
    known = managers.apply({}, "us", {"env": [{"name": "A", "value": 1}, {"name": "B"}], "args": [1, 2]})
    known["env"].append({"name": "THEIRS"})
    known = managers.apply(known, "us", {"env": [{"name": "A"}], "args": [1]})
    assert known == {"env": [{"name": "A"}, {"name": "THEIRS"}], "args": [1]}


def deployment(image, generation, replicas=1):
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"image": image}]}}
    metadata = {"name": "a", "generation": generation}
    return {"metadata": metadata, "spec": {"replicas": replicas, "template": template}}


def looked(rolling, found, times):
    for _ in range(times):
        objects = rolling.look(found)
    return [each for each in objects if each["kind"] == "Pod"]


def test_the_new_pod_answers_before_the_old_one_goes():
    rolling = Rolling()
    found = deployment("one", 1)
    assert looked(rolling, found, 1) == []
    looked(rolling, found, 2)
    assert found["status"] == {
        "observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1
    }  # fmt: skip
    newer = {**deployment("two", 2), "status": found["status"]}
    (old,) = looked(rolling, newer, 1)
    assert old["spec"]["containers"][0]["image"] == "one"
    assert len(looked(rolling, newer, 1)) == 2
    (new,) = looked(rolling, newer, 1)
    assert new["spec"]["containers"][0]["image"] == "two"
    assert newer["metadata"]["annotations"] == {"deployment.kubernetes.io/revision": "2"}


def test_a_broken_image_crashes_again_and_again_beside_the_old_pod():
    rolling = Rolling(broken={"two"})
    found = deployment("one", 1)
    looked(rolling, found, 3)
    newer = {**deployment("two", 2), "status": found["status"]}
    crashes = [each["status"]["containerStatuses"][0]["restartCount"] for each in looked(rolling, newer, 4)]
    assert sorted(crashes) == [0, 4]
    assert newer["status"]["availableReplicas"] == 1
