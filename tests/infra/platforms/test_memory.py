from infra.contract import AppImage, Change, DeploymentSpec, Manifest
from infra.platforms.memory import open_memory


def test_what_was_applied_is_known_until_it_is_removed():
    spec = DeploymentSpec(name="kept", target="here", image=AppImage(reference="a:1"))
    platform = open_memory(spec, log=lambda _: None)
    first, second = (Manifest(kind="k", name=name, body={"a": 1}) for name in ("x", "y"))
    assert platform.status() is None
    assert platform.diff([first]) == [Change(action="create", address="k/x")]
    assert platform.apply([first, second]).state == "running"
    changed = Manifest(kind="k", name="x", body={"a": 2})
    again = open_memory(spec, log=lambda _: None)
    assert [each.action for each in again.diff([changed])] == ["update", "delete"]
    assert [each.action for each in again.diff([first, second])] == ["none", "none"]
    assert list(again.logs()) == []
    assert again.remove() == ["k/x", "k/y"]
    assert again.remove() == []
    assert platform.status() is None
