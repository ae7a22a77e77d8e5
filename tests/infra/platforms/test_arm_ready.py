import threading

import pytest

from infra.errors import NeverReady
from infra.platforms.arm_ready import Watch, health_path
from infra.platforms.arm_status import STARTING_TAG
from infra.resources.expressions import ResourceId
from tests.support.arm_platform import SHARED, place, rendered
from tests.support.deployments import IN_AZURE, image, spec

pytestmark = pytest.mark.azure_stand_in

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
        watch.expect_start()

        why = watch.wait("/", limit=5, pause=0.01)

    assert azure.fake.fronts.answers("diabetes")
    assert why == "App Service gave its container up"


def test_without_its_log_the_answer_has_to_do(azure) -> None:
    azure.apply(_spec())
    azure.fake.fronts.refuses_logs = True

    azure.fake.fronts.broken_images.add("@sha256:6f")
    done = azure.apply(_spec(of=image(reference=NEXT)))

    assert azure.fake.fronts.starts["diabetes"][-1].image == f"DOCKER|{NEXT}"
    assert done.state == "deploying"
    assert done.details["start"].startswith("not verified: App Service does not show its log")
    assert not any(STARTING_TAG in each.body.get("tags", {}) for each in azure.fake.store.values())


@pytest.mark.parametrize("late", [0, 4])
def test_a_new_container_has_to_say_that_it_started(azure, late) -> None:
    azure.apply(_spec())
    azure.fake.fronts.late = late

    assert azure.apply(_spec(of=image(reference=NEXT))).state == "running"
    assert azure.fake.fronts.coming == {}
    azure.fake.fronts.broken_images.add("@sha256:5e")
    with pytest.raises(NeverReady, match="App Service gave its container up"):
        azure.apply(_spec())


@pytest.mark.parametrize("returns", [True, False])
def test_a_log_that_goes_away_meanwhile_is_waited_for(azure, returns) -> None:
    azure.apply(_spec())
    asked = iter(range(10_000))

    def probe(url):
        next(asked)
        return azure.fake.fronts.probe(url)

    def say(line):
        if line.startswith("Waiting"):
            azure.fake.fronts.refuses_logs = True
            if returns:
                threading.Timer(0.3, setattr, (azure.fake.fronts, "refuses_logs", False)).start()

    platform = azure.platform(_spec(of=image(reference=NEXT)), probe=probe, ready=1)
    platform._log = say
    done = platform.apply(rendered(_spec(of=image(reference=NEXT))))

    assert ("start" in done.details) == (not returns)
    assert next(asked) == 1


def test_a_log_that_stays_silent_is_no_start(azure) -> None:
    azure.apply(_spec())
    azure.fake.fronts.late = 10_000

    with pytest.raises(NeverReady, match="did not say within 0 s that a new container started"):
        azure.apply(_spec(of=image(reference=NEXT)), ready=0.1)


@pytest.mark.parametrize("late", [0, 6])
@pytest.mark.parametrize("broken", [False, True])
def test_an_apply_that_was_stopped_while_it_waited_goes_on_waiting(azure, broken, late) -> None:
    def stop(_):
        raise KeyboardInterrupt

    azure.apply(_spec())
    if broken:
        azure.fake.fronts.broken_images.add("@sha256:6f")
    wanted = _spec(of=image(reference=NEXT))
    azure.fake.fronts.late = late
    platform = azure.platform(wanted)
    platform._log = lambda line: stop(line) if line.startswith("Waiting") else None
    with pytest.raises(KeyboardInterrupt):
        platform.apply(rendered(wanted))

    assert azure.platform(wanted).status().state == "deploying"
    if broken:
        with pytest.raises(NeverReady, match="App Service gave its container up"):
            azure.apply(wanted)
        return
    assert azure.apply(wanted).state == "running"
    azure.fake.asked.clear()
    azure.apply(wanted)
    assert azure.fake.changes == []


def test_a_change_that_starts_nothing_needs_no_new_start(azure) -> None:
    azure.apply(_spec())

    assert azure.apply(_spec(tags={"cost": "42"}), ready=0.5).state == "running"
    assert len(azure.fake.fronts.starts["diabetes"]) == 1


def test_an_app_that_is_deleted_while_it_starts(azure) -> None:
    with azure.client() as arm:
        watch = Watch(arm, SITE, probe=lambda _: None, log=azure.lines.append)

        assert watch.wait("/", limit=1, pause=0.01) == "it was deleted meanwhile"
        assert watch.last_lines() == ""


@pytest.mark.parametrize(("status", "ready"), [(200, True), (404, True), (401, True), (503, False), (None, False)])
def test_what_counts_as_an_answer(azure, status, ready) -> None:
    azure.apply(_spec())
    with azure.client() as arm:
        watch = Watch(arm, SITE, probe=lambda _: status, log=azure.lines.append)

        assert (watch.wait("/", limit=0.02, pause=0.01) == "") == ready


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
