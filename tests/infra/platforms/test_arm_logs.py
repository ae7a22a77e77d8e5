import pytest

from infra.errors import ApplyFailed
from infra.platforms.arm_logs import app_lines, platform_lines
from infra.resources.kinds import api_version
from tests.support.arm_platform import SHARED
from tests.support.deployments import spec
from tests.support.fake_arm import SUBSCRIPTION, Answer

KINDS = {
    "functions": "Microsoft.Web/sites",
    "container_instances": "Microsoft.ContainerInstance/containerGroups",
    "container_apps": "Microsoft.App/containerApps",
}


def _app(azure, arm, target):
    azure.apply(spec(target, registry_group=SHARED))
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/diabetes-group"
    found = arm.get(f"{group}/providers/{KINDS[target]}/diabetes", api_version(KINDS[target]))
    assert found is not None
    return found


@pytest.mark.parametrize("target", KINDS)
def test_gives_the_newest_lines(azure, target) -> None:
    with azure.client() as arm:
        found = list(app_lines(arm, _app(azure, arm, target), follow=False, lines=5))

    assert found == ["init() begins", "ValueError: no such model"]


def test_follows_a_site(azure) -> None:
    with azure.client() as arm:
        found = list(app_lines(arm, _app(azure, arm, "functions"), follow=True, lines=1))

    assert found == ["ValueError: no such model", "init() begins", "ValueError: no such model"]


def test_says_how_to_follow_a_container_group(azure) -> None:
    with azure.client() as arm:
        *_, last = app_lines(arm, _app(azure, arm, "container_instances"), follow=True, lines=1)

    assert "az container attach --ids /subscriptions/" in last


def test_says_that_nothing_runs(azure) -> None:
    with azure.client() as arm:
        app = _app(azure, arm, "container_apps")
        azure.fake.script("GET", "/replicas", lambda _: Answer(body={"value": []}))
        found = list(app_lines(arm, app, follow=False, lines=1))

    assert found == ["No replica runs now: Container Apps keep the log of those that ended in Log Analytics only."]


def test_says_that_it_may_not(azure) -> None:
    with azure.client() as arm:
        app = _app(azure, arm, "functions")
        azure.fake.fronts.refuses_logs = True

        with pytest.raises(ApplyFailed, match="does not give the log of diabetes: HTTP 401: Unauthorized"):
            list(app_lines(arm, app, follow=False, lines=1))
        assert platform_lines(arm, app) is None
        nowhere = {**app, "properties": {"hostNameSslStates": [{"name": "127.0.0.1:1", "hostType": "Repository"}]}}
        assert platform_lines(arm, nowhere) is None
        assert platform_lines(arm, {**app, "properties": {}}) is None


def test_knows_what_app_service_says(azure) -> None:
    with azure.client() as arm:
        found = platform_lines(arm, _app(azure, arm, "functions"))

    assert found is not None
    assert found[-1].endswith("for site diabetes initialized successfully.")
