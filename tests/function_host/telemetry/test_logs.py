import logging

import pytest

from function_host.telemetry.context import current_invocation
from function_host.telemetry.logs import InvocationFilter, configure_logging, keep_own_loggers


@pytest.fixture
def root_logger():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:], root.level = handlers, level


def test_a_line_inside_an_invocation_names_it(root_logger, capsys):
    configure_logging()
    token = current_invocation.set("score/42")
    logging.getLogger("user").info("inside")
    current_invocation.reset(token)
    logging.getLogger("user").info("outside")
    inside, outside = capsys.readouterr().err.splitlines()
    assert "user [score/42] inside" in inside
    assert "user outside" in outside


def test_chatty_libraries_are_kept_quiet(root_logger):
    configure_logging()
    assert not logging.getLogger("azure.core.pipeline.policies.http_logging_policy").isEnabledFor(logging.INFO)


def test_the_filter_lets_every_record_pass():
    record = logging.LogRecord("n", logging.INFO, "f", 1, "m", None, None)
    assert InvocationFilter().filter(record)


def test_own_loggers_speak_on_and_others_stay_as_the_app_left_them():
    own, other = logging.getLogger("Host.Test"), logging.getLogger("chatty")
    own.disabled = other.disabled = True
    keep_own_loggers()
    assert not own.disabled
    assert other.disabled
    other.disabled = False
