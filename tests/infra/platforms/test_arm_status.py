import pytest

from infra.platforms.arm_keys import KeyReader
from infra.platforms.arm_status import deployment, is_reachable, url_of
from infra.platforms.arm_steps import tagged
from tests.support.arm_platform import SHARED, place
from tests.support.deployments import IN_AZURE, image, spec
from tests.support.fake_arm import SUBSCRIPTION, Refusal

pytestmark = pytest.mark.azure_stand_in


def _found(azure, target):
    azure.apply(spec(target, registry_group=SHARED))
    return _status(azure)


def _status(azure):
    app = spec("functions", of=image({"http": {}}))
    with azure.client() as arm:
        keys = KeyReader(arm=arm, credential=None, read=azure.blobs)
        return deployment(app, tagged(arm, place(), "diabetes"), group="diabetes-group", arm=arm, keys=keys)


@pytest.mark.parametrize("target", ["functions", "app_service", "container_instances", "container_apps"])
def test_tells_image_and_state(azure, target) -> None:
    found = _found(azure, target)

    assert (found.state, found.image, found.target) == ("running", IN_AZURE, "functions")
    assert found.details["resource group"] == "diabetes-group"
    assert bool(found.url) == (target != "container_apps")
    assert bool(found.key) == (target == "functions")


def test_a_site_that_gives_no_key_leads_to_where_it_is_kept(azure) -> None:
    _found(azure, "functions")
    azure.fake.refuse("POST", "/host/default/listkeys", Refusal(403, "AuthorizationFailed", "No."))

    found = _status(azure)

    assert found.key == ""
    assert found.details["key"].startswith("not there yet: the host writes it to azure-webjobs-secrets/")


def test_without_the_app_it_is_half_done(azure) -> None:
    _found(azure, "functions")
    azure.ask("DELETE", "/resourceGroups/diabetes-group/providers/Microsoft.Web/sites/diabetes")

    found = _status(azure)

    assert (found.state, found.details["reason"]) == ("failed", "The app is not there yet; apply again goes on.")


def test_the_reason_of_a_container_that_ends_again_and_again(azure) -> None:
    _found(azure, "container_instances")
    azure.fake.fronts.broken_images.add("diabetes")

    found = _status(azure)

    assert (found.state, found.details["reason"]) == ("deploying", "CrashLoopBackOff: Back-off")


def test_a_container_app_whose_new_revision_is_not_ready_is_not_running_yet(azure) -> None:
    _found(azure, "container_apps")
    (app,) = [each for each in azure.fake.store.values() if each.kind.lower() == "microsoft.app/containerapps"]
    azure.fake.fronts.broken_images.add("broken")
    azure.put(
        app.path.partition(SUBSCRIPTION)[2],
        {**app.body, "properties": _with_image(app.body["properties"], "broken")},
    )

    assert _status(azure).state == "deploying"


def _with_image(properties, image):
    (container,) = properties["template"]["containers"]
    return {**properties, "template": {**properties["template"], "containers": [{**container, "image": image}]}}


def test_the_last_error_of_a_site(azure) -> None:
    _found(azure, "functions")
    azure.fake.fronts.broken_images.add("broken")
    azure.fake.fronts.start("diabetes", "DOCKER|broken", {})

    found = _status(azure)
    azure.fake.fronts.start("diabetes", "DOCKER|good", {})

    assert found.details["last error"].endswith("failing site start.")
    assert "last error" not in _status(azure).details


def test_a_site_whose_log_cannot_be_reached_has_a_status(azure, monkeypatch) -> None:
    _found(azure, "functions")
    monkeypatch.setattr("infra.platforms.arm_logs._kudu", lambda _: "https://127.0.0.1:1")

    assert _status(azure).state == "running"


def test_addresses_of_apps() -> None:
    site = {"type": "Microsoft.Web/sites", "properties": {"defaultHostName": "a.example"}}
    hidden = {"type": "Microsoft.App/containerApps", "properties": {"configuration": {}}}
    group = {"type": "Microsoft.ContainerInstance/containerGroups", "properties": {}}
    address = {"ipAddress": {"ip": "10.0.0.1", "ports": [{"port": 8080}]}}

    assert url_of(site) == "https://a.example"
    assert url_of(hidden) == ""
    assert url_of(group) == ""
    assert url_of({**group, "properties": address}) == "http://10.0.0.1:8080"


@pytest.mark.parametrize(
    ("kind", "properties", "reachable"),
    [
        ("Microsoft.Web/sites", {}, True),
        ("Microsoft.App/containerApps", {"configuration": {"ingress": {"external": True}}}, True),
        ("Microsoft.App/containerApps", {"configuration": {"ingress": {"external": False}}}, False),
        ("Microsoft.App/containerApps", {}, False),
        ("Microsoft.ContainerInstance/containerGroups", {"ipAddress": {"type": "Public"}}, True),
        ("Microsoft.ContainerInstance/containerGroups", {"ipAddress": {"type": "Private"}}, False),
        ("Microsoft.ContainerInstance/containerGroups", {}, False),
    ],
)
def test_who_can_be_asked_from_here(kind, properties, reachable) -> None:
    assert is_reachable({"type": kind, "properties": properties}) == reachable
