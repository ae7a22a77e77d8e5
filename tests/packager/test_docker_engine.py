import sys

import pytest

from packager import EngineUnavailable
from packager.docker_engine import connect


def test_an_engine_that_does_not_answer_is_named_with_the_way_out(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")

    with pytest.raises(EngineUnavailable, match=r"No Docker Engine answers .*generate_dockerfile=True"):
        connect()


def test_a_missing_sdk_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "docker", None)

    with pytest.raises(EngineUnavailable, match=r"functions-packager\[docker\]"):
        connect()
