from infra.targets.azure_health import PING, live_path, ready_path
from tests.support.deployments import image


def test_our_host_tells_apart_that_it_is_there_and_that_it_is_ready() -> None:
    assert live_path(image()) != ready_path(image())


def test_microsofts_host_knows_one_path() -> None:
    theirs = image(host="azure_functions")

    assert {live_path(theirs), ready_path(theirs)} == {PING}
