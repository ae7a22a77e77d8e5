import pytest

from infra.errors import NeverReady
from infra.platforms.local_containers import Started
from infra.platforms.local_warmup import warmed_up
from tests.support.local_containers import BODY, ThreadContainers


@pytest.fixture
def containers():
    made = ThreadContainers()
    yield made
    for name in made.names():
        made.remove(name, 0)


def test_the_address_that_answers(containers):
    started = containers.start("app", BODY, {})
    both = Started(container=started.container, addresses=["http://127.0.0.1:1", *started.addresses])

    assert warmed_up(containers, both, BODY) == started.addresses[0]


def test_any_answer_will_do_for_an_image_of_others(containers):
    body = {**BODY, "image": "ill:1", "must_succeed": False}
    started = containers.start("app", body, {})

    assert warmed_up(containers, started, body) == started.addresses[0]


def test_one_that_ends_is_not_waited_for(containers):
    started = containers.start("app", {**BODY, "image": "broken:1"}, {})

    with pytest.raises(NeverReady, match="ended by itself with exit code 3") as caught:
        warmed_up(containers, started, {**BODY, "start_limit": 600})

    assert caught.value.output == "app-0 says so"


def test_one_that_is_never_ready_says_what_it_said(containers):
    body = {**BODY, "image": "ill:1", "start_limit": 0.05}
    started = containers.start("app", body, {})

    with pytest.raises(NeverReady, match=r"did not answer /health/ready within 0 seconds \(it said status 503\)"):
        warmed_up(containers, started, body)
