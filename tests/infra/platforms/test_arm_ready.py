import pytest

from infra.platforms.arm_ready import Watch, earlier, health_path
from infra.resources.expressions import ResourceId
from tests.support.arm_platform import SHARED, place
from tests.support.deployments import IN_AZURE, image, spec

NEXT = IN_AZURE.replace("5e", "6f")
SITE = place().path(ResourceId(address="Microsoft.Web/sites/diabetes"))


def _spec(**said):
    return spec("functions", registry_group=SHARED, **said)


def test_the_old_containers_answer_is_not_the_new_ones(azure) -> None:
    azure.apply(_spec())
    azure.fake.fronts.broken_images.add("@sha256:6f")
    with azure.client() as arm:
        watch = Watch(arm, SITE, probe=azure.fake.fronts.probe, log=azure.lines.append)
        watch.before(arm.get(SITE, "2024-11-01"))
        azure.fake.fronts.start("diabetes", f"DOCKER|{NEXT}", {})

        why = watch.wait("/", limit=5, pause=0.01, is_update=True)

    assert azure.fake.fronts.answers("diabetes")
    assert why == "App Service gave its container up"


def test_without_its_log_the_answer_has_to_do(azure) -> None:
    azure.apply(_spec())
    azure.fake.fronts.refuses_logs = True

    azure.apply(_spec(of=image(reference=NEXT)))

    assert azure.fake.fronts.starts["diabetes"][-1].image == f"DOCKER|{NEXT}"


def test_an_app_that_is_deleted_while_it_starts(azure) -> None:
    with azure.client() as arm:
        watch = Watch(arm, SITE, probe=lambda _: None, log=azure.lines.append)

        assert watch.wait("/", limit=1, pause=0.01, is_update=False) == "it was deleted meanwhile"
        assert watch.last_lines() == ""


@pytest.mark.parametrize(("status", "ready"), [(200, True), (404, True), (401, True), (503, False), (None, False)])
def test_what_counts_as_an_answer(azure, status, ready) -> None:
    azure.apply(_spec())
    with azure.client() as arm:
        watch = Watch(arm, SITE, probe=lambda _: status, log=azure.lines.append)

        assert (watch.wait("/", limit=0.02, pause=0.01, is_update=False) == "") == ready


def test_really_asks_the_address(azure) -> None:
    azure.apply(_spec())
    with azure.client() as arm:
        assert arm.answer_of(f"{azure.fake.address}/front/diabetes/admin/host/ping") == 200
        assert arm.answer_of(f"{azure.fake.address}/front/nobody") == 503
        assert arm.answer_of("https://127.0.0.1:1/") is None


@pytest.mark.parametrize(
    ("properties", "path"),
    [
        ({"siteConfig": {"healthCheckPath": "/up"}}, "/up"),
        ({"containers": [{"properties": {"livenessProbe": {"httpGet": {"path": "/live"}}}}]}, "/live"),
        ({"template": {"containers": [{"probes": [{"httpGet": {"path": "/ready"}}]}]}}, "/ready"),
        ({"template": {"containers": [{"probes": [{"tcpSocket": {}}]}]}}, "/"),
        ({}, "/"),
    ],
)
def test_where_an_app_says_how_it_is(properties, path) -> None:
    assert health_path({"properties": properties}) == path


def test_what_was_before_takes_the_place_of_what_is_wanted() -> None:
    wanted = {"image": "2", "new": 1, "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "2"}]}
    was = {"image": "1", "id": "x", "env": [{"name": "A", "value": "1", "more": 1}, {"name": "C", "value": "1"}]}

    assert earlier(wanted, was) == {
        "image": "1",
        "new": 1,
        "env": [{"name": "A", "value": "1"}, {"name": "C", "value": "1"}],
    }
