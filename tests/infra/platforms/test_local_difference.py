import dataclasses

from infra.platforms.local_containers import Found
from infra.platforms.local_difference import differences
from tests.support.local_containers import BODY

ENVIRONMENT = {"A": "1", "B": "2", "APPSETTING_A": "1"}
BEFORE = {**BODY, "environment": ENVIRONMENT}
FOUND = Found(state="running", exit_code=0, image="sha256:1", environment={**ENVIRONMENT, "PATH": "/bin", "PORT": "81"})


def test_nothing_is_nothing():
    assert list(differences(BEFORE, BEFORE, FOUND, ENVIRONMENT, "sha256:1")) == []


def test_settings_are_named_and_their_values_are_not_shown():
    wanted = {"A": "secret", "C": "3", "APPSETTING_A": "secret"}

    told = differences(BEFORE, {**BEFORE, "environment": wanted}, FOUND, wanted, "sha256:1")

    assert list(told) == ["setting A: changed", "setting B: removed", "setting C: added"]


def test_a_new_digest_under_the_same_name_and_a_new_size():
    told = differences(BEFORE, {**BEFORE, "cpu": 2.0, "labels": {"a": "b"}}, FOUND, ENVIRONMENT, "sha256:2")

    assert list(told) == ["image: 'm:1' -> 'm:1'", "cpu: None -> 2.0", "tags: changed"]


def test_one_that_ended_is_another_one():
    ended = dataclasses.replace(FOUND, state="exited")

    assert list(differences(BEFORE, BEFORE, ended, ENVIRONMENT, "sha256:1")) == ["state: 'exited' -> 'running'"]
