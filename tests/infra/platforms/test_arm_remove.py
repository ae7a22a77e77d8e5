import pytest

from infra.errors import ApplyFailed
from infra.platforms.arm_remove import remove
from tests.support.arm_platform import SHARED, place
from tests.support.deployments import spec
from tests.support.fake_arm import SUBSCRIPTION, Refusal

GROUP = "/resourceGroups/diabetes-group"
OTHER = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/theirs"


def _remove(azure, group="diabetes-group"):
    with azure.client() as arm:
        return remove(arm, place(group), "diabetes", log=azure.lines.append)


@pytest.mark.parametrize("target", ["functions", "container_apps"])
def test_leaves_what_others_put_into_the_group(azure, target) -> None:
    azure.apply(spec(target, registry_group=SHARED))
    azure.put(OTHER, {"location": "westeurope"})

    gone = _remove(azure)

    left = [path for path in azure.fake.store if "/diabetes-group" in path]
    assert [path.rpartition("/")[2] for path in left] == ["diabetes-group", "theirs"]
    assert any("holds 1 resources of others and stays" in line for line in azure.lines)
    assert gone[-1].endswith("/diabetes-identity")


def test_leaves_a_group_that_was_there_before(azure) -> None:
    azure.put(GROUP, {"location": "westeurope"})
    azure.apply(spec("container_instances", registry_group=SHARED))

    _remove(azure)

    assert [path for path in azure.fake.store if "diabetes" in path] == [
        f"/subscriptions/{SUBSCRIPTION}{GROUP}".lower()
    ]


def test_nothing_is_left_to_remove(azure) -> None:
    assert _remove(azure, "nowhere") == []


def test_tells_what_cannot_be_removed(azure) -> None:
    azure.apply(spec("functions", registry_group=SHARED))
    locked = Refusal(409, "ScopeLocked", "The scope cannot perform delete operation because of a lock.")
    azure.fake.refuse("DELETE", "/diabetes-group", locked)

    with pytest.raises(ApplyFailed, match="resourceGroups/diabetes-group: ScopeLocked"):
        _remove(azure)
