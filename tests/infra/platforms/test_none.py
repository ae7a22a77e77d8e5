import pytest

from infra import deploying
from infra.errors import InvalidDeployment
from infra.platforms.none import open_nothing
from tests.support.deployments import spec


@pytest.mark.parametrize(
    "call",
    [
        lambda platform: platform.diff([]),
        lambda platform: platform.apply([]),
        lambda platform: platform.status(),
        lambda platform: platform.logs(),
        lambda platform: platform.remove(),
    ],
)
def test_every_call_says_how_to_go_on(call):
    with pytest.raises(InvalidDeployment, match="packager deploy render --target iot_edge"):
        call(open_nothing(spec("iot_edge"), log=print))


def test_what_is_rendered_only_cannot_be_deployed_but_rendered(tmp_path):
    wanted = spec("iot_edge", settings={"TriggerConnectionString": "folder:/data"})
    with pytest.raises(InvalidDeployment, match="cannot be applied"):
        deploying.deploy(wanted)
    assert deploying.render(wanted, tmp_path)
    assert (tmp_path / "diabetes.deployment.template.json").is_file()
