import time

import pytest

from infra.errors import ApplyFailed, InvalidDeployment, NeverReady, NotPermitted, PlatformUnavailable
from infra.platforms.arm import ArmPlatform, ArmTimes, open_arm
from tests.support import arm_platform
from tests.support.arm_platform import FAST, SHARED, Token, rendered
from tests.support.deployments import AZURE_TARGETS, IN_AZURE, SECRETS, every_deployment, image, spec
from tests.support.fake_arm import SUBSCRIPTION, Answer, Refusal
from tests.support.fake_arm.final import differing, final_state

pytestmark = pytest.mark.azure_stand_in

GROUP = "/resourceGroups/diabetes-group"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/diabetes"
NEXT = IN_AZURE.replace("5e", "6f")
EVERY = every_deployment()
DENIED = (
    "The client 'me' with object id 'me' does not have authorization to perform action "
    "'Microsoft.Authorization/roleAssignments/write' over scope '/subscriptions/s/resourceGroups/g' or the scope is "
    "invalid. If access was recently granted, please refresh your credentials."
)


def _spec(target="functions", **said):
    return spec(target, registry_group=SHARED, **said)


@pytest.mark.parametrize("target", AZURE_TARGETS)
def test_applies_and_finds_nothing_to_do_afterwards(azure, target) -> None:
    wanted = _spec(target)

    planned = azure.platform(wanted).diff(rendered(wanted))
    azure.fake.asked.clear()
    deployed = azure.apply(wanted)

    assert {each.action for each in planned} == {"create"}
    assert deployed.state == "running"
    assert deployed.image == IN_AZURE
    assert azure.changes(wanted) == []
    azure.fake.asked.clear()
    azure.apply(wanted)
    assert azure.fake.changes == []


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_every_deployment_is_taken_and_then_unchanged(azure, monkeypatch, number) -> None:
    monkeypatch.setenv("API_KEY_OF_THE_APP", "hush")
    wanted = EVERY[number]
    group = {"location": "westeurope"}
    azure.put(GROUP, group)
    azure.put(f"{GROUP}/providers/Microsoft.KeyVault/vaults/team-vault", group)
    registry = {**group, "sku": {"name": "Basic"}, "properties": {"adminUserEnabled": True}}
    azure.put(f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/teamimages", registry)

    azure.apply(wanted)

    assert azure.changes(wanted) == []
    assert len(azure.fake.fronts.starts["diabetes"]) == 1


def test_starts_the_app_once_with_all_its_settings(azure) -> None:
    azure.apply(_spec())

    assert [each.image for each in azure.fake.fronts.starts["diabetes"]] == [f"DOCKER|{IN_AZURE}"]
    assert azure.fake.changes[-1] == f"PUT {SITE}"


def test_an_update_names_settings_without_their_values(azure, monkeypatch) -> None:
    monkeypatch.setenv("API_KEY_OF_THE_APP", "first secret")
    azure.apply(_spec(settings={**SECRETS, "COLOUR": "red"}))
    monkeypatch.setenv("API_KEY_OF_THE_APP", "second secret")
    wanted = _spec(settings={**SECRETS, "COLOUR": "blue"}, of=image(reference=NEXT))

    [change] = azure.changes(wanted)
    azure.apply(wanted)

    assert change.action == "update"
    assert {"API_KEY: changed", "COLOUR: changed"} < set(change.details)
    assert f"properties.siteConfig.linuxFxVersion: 'DOCKER|{IN_AZURE}' -> 'DOCKER|{NEXT}'" in change.details
    assert "secret" not in " ".join(azure.lines)
    assert len(azure.fake.fronts.starts["diabetes"]) == 2


def test_goes_on_after_a_failure(azure) -> None:
    azure.fake.broken["serverfarms/diabetes-plan"] = ("InternalServerError", "There was an unexpected error.")

    with pytest.raises(ApplyFailed, match=r"serverfarms/diabetes-plan: InternalServerError.*goes on where it stopped"):
        azure.apply(_spec())
    azure.fake.asked.clear()
    azure.apply(_spec())

    assert azure.fake.changes == [f"PUT {GROUP}/providers/Microsoft.Web/serverfarms/diabetes-plan", f"PUT {SITE}"]


def test_an_operation_that_fails_half_way_is_told_and_done_again(azure) -> None:
    azure.fake.polls = 2
    azure.fake.broken["managedEnvironments/diabetes-env"] = ("ManagedEnvironmentCapacityHeavyUsage", "No room.")

    with pytest.raises(ApplyFailed, match=r"managedEnvironments/diabetes-env: ManagedEnvironmentCapacity.*No room"):
        azure.apply(_spec("container_apps"))
    [environment, *_] = azure.changes(_spec("container_apps"))
    azure.apply(_spec("container_apps"))

    assert environment.details == ("provisioningState: failed",)
    assert azure.changes(_spec("container_apps")) == []


def test_a_group_that_is_deleted_in_the_middle(azure) -> None:
    def delete(_):
        azure.ask("DELETE", GROUP)

    azure.fake.script("PUT", "serverfarms/diabetes-plan", delete)

    with pytest.raises(ApplyFailed, match="Somebody deleted the resource group 'diabetes-group' meanwhile"):
        azure.apply(_spec())
    azure.apply(_spec())

    assert azure.changes(_spec()) == []


def test_names_the_role_that_is_missing(azure) -> None:
    refusal = Refusal(403, "AuthorizationFailed", DENIED)
    azure.fake.script("PUT", "", lambda asked: refusal.answer if "roleAssignments" in asked.path else None, times=9)

    with pytest.raises(NotPermitted, match=r"roleAssignments/write on .*Role Based Access Control Administrator"):
        azure.apply(_spec())


@pytest.mark.parametrize(
    ("part", "code"), [("sites/diabetes", "Conflict"), ("storageAccounts/taken123", "StorageAccountAlreadyTaken")]
)
def test_a_name_that_somebody_else_has(azure, part, code) -> None:
    azure.fake.taken.add(part.rpartition("/")[2])

    with pytest.raises(ApplyFailed, match=f"{part}: {code}.*Somebody else has that name"):
        azure.apply(_spec(storage="taken123"))


def test_waits_as_long_as_azure_asks(azure) -> None:
    busy = Answer(
        status=429, body={"error": {"code": "TooManyRequests", "message": "slow"}}, headers={"retry-after-ms": "40"}
    )
    azure.fake.script("PUT", "sites/diabetes", lambda _: busy)
    begun = time.monotonic()

    azure.apply(_spec())

    assert time.monotonic() - begun >= 0.04
    assert "Azure asks to wait: too many requests." in azure.lines


def test_goes_over_errors_of_the_service(azure) -> None:
    azure.fake.refuse("PUT", "sites/diabetes", Refusal(503, "ServiceUnavailable", "later"), times=2)

    azure.apply(_spec())

    assert azure.changes(_spec()) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"region": "westus3"}, "LocationNotAvailableForResourceType.*Choose another region"),
        ({"sku": "P5mv4"}, "SkuNotAvailable.*P5mv4.*Choose another size"),
    ],
)
def test_regions_and_sizes_that_there_are_not(azure, said, words) -> None:
    with pytest.raises(ApplyFailed, match=words):
        azure.apply(_spec(**said))


def test_a_new_identity_takes_its_time(azure) -> None:
    unknown = Refusal(400, "PrincipalNotFound", "Principal does not exist in the directory.")
    azure.fake.script("PUT", "", lambda asked: unknown.answer if "roleAssignments" in asked.path else None, times=6)

    azure.apply(_spec())

    assert any("PrincipalNotFound; again" in line for line in azure.lines)


def test_a_role_that_was_given_before_is_enough(azure) -> None:
    azure.apply(_spec())
    [path] = [each for each in azure.fake.store if "/registries/" in each and "roleassignments" in each]
    role = azure.fake.store.pop(path)
    other = path.rpartition("/")[0] + "/3a3a3a3a-3a3a-4a3a-8a3a-3a3a3a3a3a3a"
    azure.put(other.partition(SUBSCRIPTION)[2], role.body)

    assert azure.changes(_spec()) == []
    azure.apply(_spec())


def test_a_role_of_an_identity_that_is_gone_is_given_again(azure) -> None:
    azure.apply(_spec())
    [path] = [each for each in azure.fake.store if "/registries/" in each and "roleassignments" in each]
    azure.fake.store[path].body["properties"]["principalId"] = "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f"

    azure.apply(_spec())

    assert azure.changes(_spec()) == []


def test_an_app_that_never_answers_stays_to_be_looked_at(azure) -> None:
    azure.fake.fronts.broken_images.add("@sha256:5e")

    with pytest.raises(NeverReady, match=r"(?s)within 0 s\. It stays as it is; .*ValueError: no such model") as caught:
        azure.apply(_spec(), ready=0.1)

    assert caught.value.output.endswith("ValueError: no such model")


@pytest.mark.parametrize("target", AZURE_TARGETS)
def test_an_image_that_never_answers_is_rolled_back(azure, target) -> None:
    azure.apply(_spec(target, settings={"COLOUR": "red"}))
    azure.fake.fronts.broken_images.add("@sha256:6f")

    with pytest.raises(NeverReady, match="What ran before is put back"):
        azure.apply(_spec(target, of=image(reference=NEXT), settings={"COLOUR": "blue"}), ready=0.1)

    assert azure.changes(_spec(target, settings={"COLOUR": "red"})) == []
    assert azure.fake.fronts.answers("diabetes")


def test_a_slow_start_is_waited_for(azure) -> None:
    azure.fake.fronts.slow["diabetes"] = 5

    assert azure.apply(_spec()).state == "running"
    assert len(azure.fake.fronts.probes) == 6
    assert azure.fake.fronts.probes[0].endswith("/diabetes/admin/host/ping")


def test_an_empty_secret_is_in_no_text(azure, monkeypatch) -> None:
    monkeypatch.setenv("API_KEY_OF_THE_APP", "")
    azure.fake.refuse("PUT", "sites/diabetes", Refusal(400, "BadRequest", "No."))

    with pytest.raises(ApplyFailed, match="BadRequest: No"):
        azure.apply(_spec(settings=SECRETS))


def test_no_secret_is_told_when_azure_repeats_it(azure, monkeypatch) -> None:
    monkeypatch.setenv("API_KEY_OF_THE_APP", "hush-hush")
    azure.fake.refuse("PUT", "sites/diabetes", Refusal(400, "BadRequest", "The value 'hush-hush' is not allowed."))

    with pytest.raises(ApplyFailed, match=r"'\*\*\*' is not allowed") as caught:
        azure.apply(_spec(settings=SECRETS))

    error: BaseException | None = caught.value
    while error is not None:
        assert "hush-hush" not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert "hush-hush" not in " ".join(azure.lines)


def test_a_secret_that_is_not_set(azure) -> None:
    with pytest.raises(InvalidDeployment, match=r"environment variable API_KEY_OF_THE_APP.*is not set"):
        azure.platform(_spec(settings=SECRETS)).diff(rendered(_spec(settings=SECRETS)))


def test_removes_what_it_made_and_its_roles_elsewhere(azure) -> None:
    before = set(azure.fake.store)
    azure.apply(_spec())

    gone = azure.platform(_spec()).remove()

    assert "Microsoft.Web/sites/diabetes" in gone
    assert set(azure.fake.store) == before
    assert azure.platform(_spec()).remove() == []
    assert azure.platform(_spec()).status() is None


def test_knows_the_state_the_address_and_the_key(azure) -> None:
    azure.apply(_spec(of=image({"http": {}})))

    found = azure.platform(_spec(of=image({"http": {}}))).status()

    assert found is not None
    assert found.url == f"{azure.fake.address}/front/diabetes"
    assert found.target == "functions"
    assert len(found.key) == 36


def test_gives_the_last_lines(azure) -> None:
    azure.apply(_spec())

    assert list(azure.platform(_spec()).logs(lines=1)) == ["ValueError: no such model"]


def test_a_group_that_cannot_be_is_asked_for_nothing(azure) -> None:
    for ask in (lambda of: of.status(), lambda of: list(of.logs()), lambda of: of.remove()):
        with pytest.raises(InvalidDeployment, match="'a/b' cannot be the name of a resource group"):
            ask(azure.platform(_spec(resource_group="a/b")))
    assert azure.fake.asked == []


def test_there_are_no_lines_without_an_app(azure) -> None:
    with pytest.raises(PlatformUnavailable, match="There is no app of deployment 'diabetes'"):
        list(azure.platform(_spec()).logs())


def test_asks_which_subscription(azure) -> None:
    two = [{"displayName": name, "subscriptionId": name, "state": "Enabled"} for name in ("one", "two")]
    azure.fake.script("GET", "/subscriptions", lambda _: Answer(body={"value": two}))

    with pytest.raises(PlatformUnavailable, match=r"You have one \(one\), two \(two\)"):
        azure.platform(_spec()).status()


def test_signs_in_by_the_environment(azure, monkeypatch) -> None:
    who = {"AZURE_TENANT_ID": "10000000-0000-4000-8000-000000000001", "AZURE_CLIENT_ID": "me"}
    for name, value in {**who, "AZURE_CLIENT_SECRET": "s", "AZURE_AUTHORITY_HOST": azure.fake.address}.items():
        monkeypatch.setenv(name, value)

    assert open_arm(_spec(), log=azure.lines.append).status() is None


def test_nobody_is_there(monkeypatch) -> None:
    monkeypatch.setenv("AZURE_RESOURCE_MANAGER_ENDPOINT", "https://127.0.0.1:1")
    monkeypatch.setenv("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)
    platform = ArmPlatform(_spec(), log=print, credential=Token(), times=ArmTimes(pace=FAST))

    with pytest.raises(PlatformUnavailable, match=r"127\.0\.0\.1:1 cannot be reached"):
        platform.status()


@pytest.mark.parametrize(
    ("target", "said"), [("container_apps", {"external": False}), ("container_instances", {"public": False})]
)
def test_an_app_without_an_address_is_ready_when_azure_says_so(azure, target, said) -> None:
    assert azure.apply(_spec(target, **said), probe=lambda _: None).state == "running"


def test_names_what_a_deployment_does_not_need_any_more(azure) -> None:
    azure.apply(_spec(plan="old-plan"))

    azure.apply(_spec(plan="new-plan"))

    assert "Microsoft.Web/serverfarms/old-plan: not part of the deployment any more" in " ".join(azure.lines)
    assert any(path.endswith("/old-plan") for path in azure.fake.store)


def test_wherever_it_stops_it_ends_the_same(azure, monkeypatch) -> None:
    azure.apply(_spec())
    whole, count = final_state(azure.fake), len(azure.fake.changes)
    for turn in range(count):
        with arm_platform.azure(monkeypatch) as other:
            done = iter(range(count))

            def stop(_, *, at=turn, puts=done):
                return Refusal(400, "BadRequest", "stop").answer if next(puts) == at else None

            other.fake.script("PUT", "", stop, times=turn + 1)
            with pytest.raises(ApplyFailed, match="BadRequest: stop"):
                other.apply(_spec())
            other.apply(_spec())

            assert differing(final_state(other.fake), whole) == {}
            assert len(other.fake.changes) == count + 1


def test_a_changed_secret_reaches_the_replicas_that_run(azure, monkeypatch) -> None:
    wanted = _spec("container_apps", settings=SECRETS)
    monkeypatch.setenv("API_KEY_OF_THE_APP", "first secret")
    azure.apply(wanted)
    azure.apply(wanted)
    assert len(azure.fake.fronts.starts["diabetes"]) == 1
    monkeypatch.setenv("API_KEY_OF_THE_APP", "second secret")

    azure.apply(wanted)

    assert len(azure.fake.fronts.starts["diabetes"]) == 2
    assert "secret" not in " ".join(azure.lines).replace("secrets", "")


def test_goes_on_after_ctrl_c(azure) -> None:
    def interrupt(line):
        if "serverfarms" in line:
            raise KeyboardInterrupt

    platform = ArmPlatform(_spec(), log=interrupt, credential=Token(), times=ArmTimes(pace=FAST))
    with pytest.raises(KeyboardInterrupt):
        platform.apply(rendered(_spec()))
    azure.fake.asked.clear()

    azure.apply(_spec())

    assert [each.rpartition("/")[2] for each in azure.fake.changes] == ["diabetes-plan", "diabetes"]
