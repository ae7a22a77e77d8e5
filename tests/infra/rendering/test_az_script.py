import re
import subprocess
from collections.abc import Mapping

import pytest

from infra.contract import DeploymentSpec, Secret
from infra.registry import target_named
from infra.rendering.az_script import az_script
from infra.resources.kinds import GROUP, ROLE
from tests.support.deployments import SECRETS, every_deployment, image, spec


def script(target: str, **said) -> str:
    return target_named(target).export(spec(target, **said))["deploy.sh"]


def commands(text: str) -> list[str]:
    """The commands in their order, without flags."""
    return [re.split(r" --| \\", line)[0] for line in text.splitlines() if line.startswith("az ")]


@pytest.mark.parametrize("wanted", every_deployment(), ids=lambda wanted: wanted.target)
def test_every_script_is_one_that_bash_reads(wanted: DeploymentSpec) -> None:
    text = target_named(wanted.target).export(wanted)["deploy.sh"]

    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("wanted", every_deployment(), ids=lambda wanted: wanted.target)
def test_every_variable_is_set_before_it_is_used(wanted: DeploymentSpec) -> None:
    text = target_named(wanted.target).export(wanted)["deploy.sh"]
    known: set[str] = {"text", "1"}
    for line in text.splitlines():
        used = set(re.findall(r"(?<!\\)\$\{?(\w+)", line))
        asked = set(re.findall(r'^: "\$\{(\w+):\?', line))
        assert used - asked <= known, line
        known |= asked | set(re.findall(r"^(?:for )?(\w+)(?:=| in )", line))


def test_the_tutorials_way_is_there_step_by_step() -> None:
    found = commands(script("functions", keys=True))

    steps = ["az group create", "az storage account create", "az storage container-rm create",
             "az appservice plan create", "az functionapp create", "az functionapp config appsettings set",
             "az functionapp config container set"]  # fmt: skip
    assert [each for each in dict.fromkeys(found) if each in steps] == steps


def test_a_group_that_is_there_keeps_its_tags() -> None:
    text = script("functions", resource_group="team(1)")

    assert "az group show --name 'team(1)' --output none 2>/dev/null ||\naz group create" in text


_STUB = """
az() {
  case "$1 $2" in
    "group exists") echo "$THERE" ;;
    "resource list") printf '%s\\n' "Microsoft.Web/Sites/other" "$OTHERS" ;;
    *) echo "az $1 $2" ;;
  esac
}
"""


def _begun(there: str, others: str) -> tuple[int, str]:
    """How a script's beginning ends, in a group with a resource of somebody else, and what it said."""
    text = script("functions", plan="team-plan").partition("# Resource group")[0]
    env = {"PATH": "/bin:/usr/bin", "THERE": there, "OTHERS": others}
    done = subprocess.run(["bash"], input=_STUB + text, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("kind", ["Microsoft.Web/serverFarms", "microsoft.web/serverfarms"])
def test_what_others_made_is_refused_before_anything_is_changed(kind: str) -> None:
    code, said = _begun("true", f"{kind}/team-plan")

    assert code == 1
    assert "Microsoft.Web/serverfarms/team-plan is there without the tag packager-deployment=diabetes" in said


@pytest.mark.parametrize(("there", "others"), [("true", "Microsoft.Web/serverFarms/team-plan2"), ("false", "")])
def test_what_others_made_beside_is_none_of_its_business(there: str, others: str) -> None:
    assert _begun(there, others) == (0, "")


def test_every_resource_that_is_tagged_is_looked_for_first() -> None:
    head = script("container_apps").partition("# Resource group")[0]

    for each in target_named("container_apps").render(spec("container_apps")):
        is_looked_for = each.kind != GROUP and "tags" in each.body
        assert (f" {each.address}" in head) == is_looked_for


def test_a_subscription_is_one_word_of_the_shell() -> None:
    manifests = target_named("functions").render(spec("functions"))

    text = az_script("diabetes", manifests, subscription="My Sub; echo hi")

    assert "az account set --subscription 'My Sub; echo hi'" in text


def test_an_app_without_keys_gets_roles_before_it_is_made() -> None:
    found = commands(script("functions"))

    assert found.index("az identity create") < found.index("az role assignment create")
    assert found.count("az role assignment create") == 5
    last_role = len(found) - found[::-1].index("az role assignment create")
    assert last_role < found.index("az functionapp create")


def test_the_topic_of_an_account_may_send_before_anybody_subscribes() -> None:
    told = image({"blob": {"source": "EventGrid", "event_queue": "events"}})
    by_identity, by_keys = script("container_apps", of=told), script("container_apps", of=told, keys=True)
    found = commands(by_identity)

    assert "# The event topic is Storage Queue Data Message Sender at " in by_identity
    topic = found.index("az eventgrid system-topic create")
    assert found[topic + 1 : topic + 3] == ["az role assignment create", "az rest"]
    assert "--identity systemassigned" in by_identity
    assert "az eventgrid system-topic event-subscription create" in commands(by_keys)
    assert '/queueServices/default/queues/events"' in by_keys
    assert "systemassigned" not in by_keys


def test_events_from_another_group_come_after_the_app() -> None:
    told = image({"blob": {"source": "EventGrid", "event_queue": "events"}})
    text = script("functions", of=told, keys=True, trigger_storage="shared/teamdata", event_topic="theirs")
    found = commands(text)

    topic = found.index("az eventgrid system-topic create")
    assert max(number for number, each in enumerate(found) if each.startswith("az functionapp")) < topic
    assert found[topic + 1] == "az eventgrid system-topic event-subscription create"
    assert text.splitlines()[-1].startswith('echo "https://$')


def test_secrets_come_from_the_environment_and_are_asked_for_at_once() -> None:
    text = script("functions", settings=SECRETS)

    done = subprocess.run(
        ["bash"], input=text, env={"PATH": "/bin:/usr/bin"}, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert "API_KEY_OF_THE_APP" in done.stderr


def test_another_subscription_is_chosen_first() -> None:
    found = commands(script("functions", subscription="00000000-0000-0000-0000-000000000001"))

    assert found[0] == "az account set"


def test_an_elastic_plan_has_a_command_of_its_own() -> None:
    assert "az functionapp plan create" in commands(script("functions", sku="EP1"))


def test_an_app_whose_host_brings_its_account_is_put_as_it_is() -> None:
    settings = {"AzureWebJobsStorage": Secret(variable="HOST_STORAGE")}
    text = script("functions", settings=settings, of=image({"http": {}}))

    assert "az functionapp create" not in commands(text)
    assert "--method put" in text


def test_containers_are_put_whole() -> None:
    for target in ("container_apps", "container_instances"):
        assert "--body @-" in script(target)
    assert "az containerapp env create" in commands(script("container_apps"))


def test_service_bus_and_queues_have_their_commands() -> None:
    found = commands(script("container_apps", of=image({"service_bus_queue": {}, "storage_queue": {}})))

    assert "az servicebus namespace create" in found
    assert found.count("az servicebus queue create") == 2
    assert found.count("az rest") == 3


def test_everything_is_done_in_the_order_of_the_manifests() -> None:
    wanted = spec("functions")
    manifests = target_named("functions").render(wanted)
    text = target_named("functions").export(wanted)["deploy.sh"]

    places = [text.index(f" {each.name}\n" if each.kind != ROLE else f"--name {each.name} ") for each in manifests]
    assert places == sorted(places)
    assert manifests[0].kind == GROUP


def test_the_address_is_told_at_the_end() -> None:
    said: Mapping[str, str] = {"functions": "https://", "container_instances": "http://"}

    for target, start in said.items():
        assert script(target).splitlines()[-1].startswith(f'echo "{start}${{')
