from dataclasses import replace
from pathlib import Path

import pytest

from infra.app_run import AppRun, RunningFunction
from infra.errors import InvalidRunRequest
from infra.trying import tried_functions, trigger_name
from packager.proof import ANSWERED, FAILED, UNTRIED
from tests.support import runs
from tests.support.fake_host import FakeHost

TIMER = {"name": "tick", "url": None, "bindings": [{"type": "timerTrigger", "direction": "IN", "name": "timer"}]}
WARM_UP = {"name": "warm", "url": None, "bindings": [{"type": "warmupTrigger", "direction": "IN", "name": "w"}]}


def http(host: FakeHost, name: str = "score_http", **options: object) -> RunningFunction:
    trigger = {**runs.HTTP["bindings"][0], **options}
    return runs.function(runs.HTTP, name=name, url=f"{host.url}/{name}", bindings=[trigger])


def app(host: FakeHost, folder: Path, *functions: RunningFunction) -> AppRun:
    return replace(runs.app_run(folder, *functions), url=host.url)


def test_every_function_gets_the_sample(host: FakeHost, tmp_path: Path) -> None:
    run = app(host, tmp_path, http(host), http(host, "second"), runs.function(TIMER), runs.function(WARM_UP))

    first, second, tick = tried_functions(run, b"[1]", (), 5)

    assert (first.trigger, first.state, first.answer) == ("http", ANSWERED, b'{"echo": [1]}')
    assert first.is_comparable
    assert second.function == "second"
    assert (tick.trigger, tick.state, tick.answer, tick.is_comparable) == ("timer", ANSWERED, b"", False)


def test_only_the_triggers_that_were_asked_for(host: FakeHost, tmp_path: Path) -> None:
    run = app(host, tmp_path, http(host), runs.function(TIMER))

    assert [each.function for each in tried_functions(run, b"1", ["timer"], 5)] == ["tick"]
    with pytest.raises(InvalidRunRequest, match="has the trigger blob; there are http, timer"):
        tried_functions(run, b"1", ["blob"], 5)


def test_without_a_sample_the_scripts_own_is_sent(host: FakeHost, tmp_path: Path) -> None:
    host.test_data = '{"data": 1}'

    (tried,) = tried_functions(app(host, tmp_path, http(host)), None, (), 5)

    assert tried.answer == b'{"echo": {"data": 1}}'


def test_without_any_sample_only_clocks_are_tried(host: FakeHost, tmp_path: Path) -> None:
    first, tick = tried_functions(app(host, tmp_path, http(host), runs.function(TIMER)), None, (), 5)

    assert (first.state, tick.state) == (UNTRIED, ANSWERED)
    assert "put a file sample_input.json beside the script" in first.problem
    assert host.posted == [("/admin/functions/tick", host.posted[0][1], b"{}")]


def test_failures_are_told_one_by_one(host: FakeHost, tmp_path: Path) -> None:
    host.status = 500
    run = replace(app(host, tmp_path, http(host)), failures={"broken": "Its queue has no name."})

    broken, failed = tried_functions(run, b"1", (), 5)

    assert (broken.function, broken.state, broken.problem) == ("broken", FAILED, "Its queue has no name.")
    assert failed.state == FAILED
    assert "status 500" in failed.problem


def test_what_nobody_can_fire_is_not_a_failure(host: FakeHost, tmp_path: Path) -> None:
    other = runs.function({**TIMER, "bindings": [{"type": "sqlTrigger", "direction": "IN", "name": "x"}]})
    route = http(host, "items/{id}")

    by_route, unknown = tried_functions(app(host, tmp_path, route, other), b"1", (), 5)

    assert (by_route.state, unknown.state, unknown.trigger) == (UNTRIED, UNTRIED, "sqlTrigger")
    assert "route parameters" in by_route.problem


def test_what_is_only_read_is_read(host: FakeHost, tmp_path: Path) -> None:
    (tried,) = tried_functions(app(host, tmp_path, http(host, "swagger", methods=["GET"])), None, (), 5)

    assert (tried.state, tried.is_comparable) == (ANSWERED, False)
    assert host.posted == []


def test_a_web_service_scores_at_its_path(host: FakeHost, tmp_path: Path) -> None:
    service = runs.function(runs.HTTP, name="web_service", url=f"{host.url}/{{*path}}")

    (tried,) = tried_functions(app(host, tmp_path, service), b"1", (), 5)

    assert trigger_name(service) == "web_service"
    assert (tried.state, tried.sent_to) == (ANSWERED, f"{host.url}/score")
