"""What an update takes away, and what of it can be put back."""

import pytest

from infra.contract import RegistryLogin, Secret, Size
from infra.errors import ApplyFailed, NeverReady
from tests.support.arm_platform import SHARED
from tests.support.deployments import ELSEWHERE, IN_AZURE, SECRETS, image, spec

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
