"""What an update takes away, and what of it can be put back."""

import pytest

from infra.contract import RegistryLogin, Secret, Size
from infra.errors import ApplyFailed, NeverReady
from infra.platforms.arm_client import ArmClient
from tests.support.arm_platform import SHARED
from tests.support.deployments import ELSEWHERE, IN_AZURE, SECRETS, image, spec
from tests.support.fake_arm import Refusal

pytestmark = pytest.mark.azure_stand_in

NEXT = IN_AZURE.replace("5e", "6f")


def _spec(target="functions", **said):
    return spec(target, registry_group=SHARED, **said)


def test_a_login_that_is_not_needed_any_more_goes(azure, monkeypatch) -> None:
    monkeypatch.setenv("PW", "hush")
    login = RegistryLogin(server="registry.example.org", username="me", password=Secret(variable="PW"))
    for target, part in (("container_instances", "imageRegistryCredentials"), ("container_apps", "registries")):
        azure.apply(_spec(target, of=image(reference=ELSEWHERE), registry=login))
        (change,) = azure.changes(_spec(target, of=image(reference=ELSEWHERE)))

        azure.apply(_spec(target, of=image(reference=ELSEWHERE)))

        assert any(each.endswith(f"{part}: removed") for each in change.details)
        assert azure.changes(_spec(target, of=image(reference=ELSEWHERE))) == []
        azure.platform(_spec(target)).remove()


@pytest.mark.parametrize("said", [{"public": False}, {"size": Size(cpu=2.0)}])
def test_what_cannot_be_changed_in_place_is_made_anew(azure, said) -> None:
    azure.apply(_spec("container_instances"))
    asked = _spec("container_instances", **said)

    azure.apply(asked)

    assert any("it goes and is made anew" in line for line in azure.lines)
    assert azure.changes(asked) == []
    azure.fake.fronts.broken_images.add("@sha256:6f")
    azure.lines.clear()
    with pytest.raises(NeverReady, match="is put back"):
        azure.apply(_spec("container_instances", of=image(reference=NEXT)), ready=0.1)
    assert azure.changes(asked) == []


def test_secrets_that_cannot_be_put_back_are_told(azure, monkeypatch) -> None:
    monkeypatch.setenv("API_KEY_OF_THE_APP", "old")
    azure.apply(_spec("container_instances", settings=SECRETS))
    azure.fake.fronts.broken_images.add("@sha256:6f")
    monkeypatch.setenv("API_KEY_OF_THE_APP", "new")

    with pytest.raises(NeverReady, match="put back, but with the new secrets"):
        azure.apply(_spec("container_instances", settings=SECRETS, of=image(reference=NEXT)), ready=0.1)


def test_accounts_refuse_keys_only_when_nobody_connects_with_them(azure) -> None:
    azure.apply(_spec(keys=True))
    azure.fake.fronts.broken_images.add("@sha256:6f")

    with pytest.raises(NeverReady):
        azure.apply(_spec(of=image(reference=NEXT)), ready=0.1)
    assert azure.changes(_spec(keys=True)) == []

    azure.fake.fronts.broken_images.clear()
    azure.apply(_spec(of=image(reference=NEXT)))
    assert azure.changes(_spec(of=image(reference=NEXT))) == []


def test_an_app_that_somebody_deletes_while_it_starts_is_not_made_again(azure) -> None:
    azure.apply(_spec())

    def probe(_: str) -> None:
        azure.ask("DELETE", "/resourceGroups/diabetes-group/providers/Microsoft.Web/sites/diabetes")

    azure.fake.fronts.slow["diabetes"] = 5
    with pytest.raises(
        ApplyFailed, match=r"Somebody deleted Microsoft\.Web/sites/diabetes while it started; apply again"
    ):
        azure.apply(_spec(of=image(reference=NEXT)), probe=probe)
    assert azure.changes(_spec())[0].action == "create"


def test_what_the_update_took_away_is_put_back(azure, monkeypatch) -> None:
    monkeypatch.setenv("API_KEY_OF_THE_APP", "hush")
    both = image({"http": {}, "blob": {}})
    azure.apply(_spec("container_apps", of=both, settings=SECRETS))
    azure.fake.fronts.broken_images.add("@sha256:6f")

    with pytest.raises(NeverReady, match="is put back"):
        azure.apply(_spec("container_apps", of=image(reference=NEXT)), ready=0.1)
    assert azure.changes(_spec("container_apps", of=both, settings=SECRETS)) == []

    azure.apply(_spec("container_instances", resource_group="g2"))
    hidden = _spec("container_instances", resource_group="g2", of=image(reference=NEXT), public=False)
    with pytest.raises(NeverReady, match="is put back"):
        azure.apply(hidden, ready=0.1)
    assert azure.changes(_spec("container_instances", resource_group="g2")) == []


@pytest.mark.parametrize(("refusals", "told"), [(1, "What ran before is made again."), (2, "could not be made again")])
def test_a_group_that_azure_does_not_make_anew_is_made_as_it_was(azure, refusals, told) -> None:
    azure.apply(_spec("container_instances"))
    asked = _spec("container_instances", size=Size(cpu=4.0))
    assert "made anew" in azure.changes(asked)[0].details[-1]
    for _ in range(refusals):
        azure.fake.refuse("PUT", "/containergroups/diabetes", Refusal(409, "ContainerGroupQuotaReached", "Too many."))

    with pytest.raises(ApplyFailed, match=f"ContainerGroupQuotaReached.*{told}"):
        azure.apply(asked)

    left = [each.action for each in azure.changes(_spec("container_instances"))]
    assert left == ([] if refusals == 1 else ["create"])


def test_a_group_that_may_not_be_deleted_is_named(azure) -> None:
    azure.apply(_spec("container_instances"))
    azure.fake.refuse("DELETE", "/containergroups/diabetes", Refusal(409, "ScopeLocked", "It is locked."))

    with pytest.raises(ApplyFailed, match=r"containerGroups/diabetes: ScopeLocked"):
        azure.apply(_spec("container_instances", size=Size(cpu=4.0)))


@pytest.mark.parametrize("state", ["Succeeded", "Failed", "Stopped"])
def test_a_group_that_has_ended_is_made_anew(azure, monkeypatch, state) -> None:
    azure.apply(_spec("container_instances"))
    real = ArmClient.get

    def get(self, path, *said):
        found = real(self, path, *said)
        if found and path.lower().endswith("/containergroups/diabetes"):
            found["properties"]["instanceView"] = {"state": state}
        return found

    monkeypatch.setattr(ArmClient, "get", get)
    azure.lines.clear()
    with pytest.raises(NeverReady):
        azure.apply(_spec("container_instances", settings={"COLOUR": "red"}), ready=0.1)

    assert any("it goes and is made anew" in line for line in azure.lines)


def test_a_setting_is_no_size(azure) -> None:
    azure.apply(_spec("container_instances", settings={"my.resources.x": "1"}))

    (change,) = azure.changes(_spec("container_instances", settings={"my.resources.x": "2"}))

    assert change.details == ("my.resources.x: changed",)
