import pytest

from infra.errors import InvalidDeployment
from infra.target_options import options_of
from infra.targets.iot_edge import target
from infra.targets.iot_edge_options import IotEdgeOptions


def test_options_from_the_text_of_a_command_line():
    given = {"layered": "true", "routes": "a=FROM /* INTO $upstream,b=FROM /x INTO $upstream", "host-port": "80"}
    found = options_of(target, given)
    assert found == IotEdgeOptions(
        layered=True, routes=("a=FROM /* INTO $upstream", "b=FROM /x INTO $upstream"), host_port=80
    )


def test_a_policy_that_does_not_exist():
    with pytest.raises(InvalidDeployment, match="image_pull_policy"):
        options_of(target, {"image_pull_policy": "sometimes"})
